// Characters that occur too seldom to be learned.
#pragma once

#include "text/corpus/corpus.h"

namespace charrnn {

constexpr char32_t kRareSymbol = U'\uFFFD';

// Puts U+FFFD in place of every character that occurs less than `least` times, so that the output
// layer needs no row for each. Returns how many different characters it replaced. A text of bytes
// stays as it is.
int merge_rare_characters(Corpus& corpus, int64_t least);

}  // namespace charrnn
