#include "text/corpus/rare_characters.h"

#include "text/corpus/statistics.h"

namespace charrnn {

int merge_rare_characters(Corpus& corpus, int64_t least, const Vocabulary* known) {
  const Vocabulary& vocabulary = corpus.vocabulary;
  if (vocabulary.encoding() == Encoding::kBytes) return 0;
  const std::vector<uint64_t> counts = count_ids(corpus.ids, vocabulary.size());
  const auto is_rare = [&](int id) {
    const char32_t symbol = vocabulary.symbols()[id];
    if (symbol == kRareSymbol || (known != nullptr && known->find(symbol))) return false;
    return counts[id] < static_cast<uint64_t>(least);
  };
  std::vector<char32_t> kept;
  int merged = 0;
  bool has_symbol = false;
  for (int id = 0; id < vocabulary.size(); ++id) {
    if (is_rare(id)) {
      ++merged;
      continue;
    }
    // Symbols stay in the order of their code points.
    if (!has_symbol && vocabulary.symbols()[id] >= kRareSymbol) {
      has_symbol = true;
      if (vocabulary.symbols()[id] != kRareSymbol) kept.push_back(kRareSymbol);
    }
    kept.push_back(vocabulary.symbols()[id]);
  }
  if (merged == 0) return 0;
  if (!has_symbol) kept.push_back(kRareSymbol);
  Vocabulary smaller(std::move(kept), vocabulary.encoding(), vocabulary.lowercase());
  std::vector<int32_t> new_ids;
  for (const char32_t symbol : vocabulary.symbols()) {
    new_ids.push_back(smaller.find(symbol).value_or(*smaller.find(kRareSymbol)));
  }
  corpus.ids.grow_vocabulary(smaller.size());
  corpus.ids.renumber(new_ids);
  corpus.vocabulary = std::move(smaller);
  return merged;
}

}  // namespace charrnn
