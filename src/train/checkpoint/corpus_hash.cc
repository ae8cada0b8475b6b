#include "train/checkpoint/corpus_hash.h"

namespace charrnn {

uint64_t hash_with_borders(const Corpus& corpus, DocumentKind kind) {
  uint64_t hash = corpus.hash;
  if (kind != DocumentKind::kFiles) return hash;
  for (const size_t begin : corpus.document_begins) hash = (hash ^ begin) * 0x100000001B3u;  // FNV
  return hash;
}

bool is_same_corpus(const Corpus& corpus, DocumentKind kind, uint64_t checkpoint_hash) {
  return checkpoint_hash == hash_with_borders(corpus, kind) || checkpoint_hash == corpus.hash;
}

}  // namespace charrnn
