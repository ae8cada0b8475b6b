#include "evaluate/known_text.h"

#include <algorithm>

#include "base/error.h"

namespace charrnn {

KnownText in_ids_of(const Vocabulary& model, const Corpus& corpus, std::optional<char32_t> rare) {
  check(model.encoding() == corpus.vocabulary.encoding(), "the text is in the model's encoding");
  constexpr int32_t kUnknown = -1;
  const int32_t of_others = rare ? model.find(*rare).value_or(kUnknown) : kUnknown;
  std::vector<int32_t> id_of;
  for (const char32_t symbol : corpus.vocabulary.symbols()) {
    id_of.push_back(model.find(symbol).value_or(of_others));
  }
  KnownText text;
  text.ids = IdArray(model.size());
  text.ids.reserve(corpus.ids.size());
  std::vector<bool> seen(id_of.size());
  auto document = corpus.document_begins.begin();
  for (size_t i = 0; i < corpus.ids.size(); ++i) {
    for (; document != corpus.document_begins.end() && *document == i; ++document) {
      text.document_begins.push_back(text.ids.size());
    }
    const int32_t symbol = corpus.ids[i];
    if (id_of[symbol] != kUnknown) {
      text.ids.push_back(id_of[symbol]);
      continue;
    }
    ++text.unknown_count;
    if (!seen[symbol]) text.unknown.push_back(corpus.vocabulary.symbols()[symbol]);
    seen[symbol] = true;
  }
  std::sort(text.unknown.begin(), text.unknown.end());
  return text;
}

}  // namespace charrnn
