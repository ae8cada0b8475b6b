// Replaces characters that are too rare to be learned.
#pragma once

#include "text/corpus/corpus.h"

namespace charrnn {

constexpr char32_t kRareSymbol = U'\uFFFD';

// Replaces every character that occurs fewer than `least` times by U+FFFD, which saves rows of the
// output layer. Those of `known`, the vocabulary of a model, stay: the model has rows for them.
// Returns how many different characters it replaced. Texts in byte encoding are left unchanged.
int merge_rare_characters(Corpus& corpus, int64_t least, const Vocabulary* known = nullptr);

}  // namespace charrnn
