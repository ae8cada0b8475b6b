#include "evaluate/known_text.h"

#include <algorithm>

#include "base/error.h"
#include "text/corpus/rare_characters.h"

namespace charrnn {

KnownText in_ids_of(const Vocabulary& model, const Corpus& corpus, std::optional<char32_t> rare) {
  check(model.encoding() == corpus.vocabulary.encoding(), "the text is in the model's encoding");
  const std::optional<int32_t> of_others = rare ? model.find(*rare) : std::nullopt;
  KnownText text;
  std::vector<int32_t> id_of;  // of an unknown one: its index in `unknown`, as -1 - index
  for (const char32_t symbol : corpus.vocabulary.symbols()) {
    std::optional<int32_t> id = model.find(symbol);
    if (!id) id = of_others;
    id_of.push_back(id ? *id : -1 - static_cast<int32_t>(text.unknown.size()));
    if (!id) text.unknown.push_back(symbol);
  }
  check(std::is_sorted(text.unknown.begin(), text.unknown.end()),
        "a vocabulary that was read is sorted");
  text.unknown_ids = IdArray(static_cast<int64_t>(text.unknown.size()));
  text.unknown_places = UnknownCharacters(unknown_cost(model.encoding()));
  text.ids = IdArray(model.size());
  text.ids.reserve(corpus.ids.size());
  auto document = corpus.document_begins.begin();
  for (size_t i = 0; i < corpus.ids.size(); ++i) {
    for (; document != corpus.document_begins.end() && *document == i; ++document) {
      text.document_begins.push_back(text.ids.size());
    }
    const int32_t id = id_of[corpus.ids[i]];
    if (id >= 0) {
      text.ids.push_back(id);
    } else {
      text.unknown_places.add_before(text.ids.size());
      text.unknown_ids.push_back(-1 - id);
    }
  }
  return text;
}

KnownText in_ids_of(const Model& model, const Corpus& corpus) {
  const bool merged = model.facts.contains("min_count");
  return in_ids_of(model.vocabulary, corpus, merged ? std::optional(kRareSymbol) : std::nullopt);
}

}  // namespace charrnn
