// Whether a run goes on with the text that it began with.
#pragma once

#include <cstdint>

#include "text/corpus/documents.h"

namespace charrnn {

// The corpus's hash, with the borders of its documents where the text alone does not tell them
// (kFiles).
uint64_t hash_with_borders(const Corpus& corpus, DocumentKind kind);

// Whether a checkpoint's hash is that of this corpus. Version 0.1.0 left the borders out.
bool is_same_corpus(const Corpus& corpus, DocumentKind kind, uint64_t checkpoint_hash);

}  // namespace charrnn
