// A few lines of a run's own text, kept beside its model: what there is to look at when the text
// itself is elsewhere.
#pragma once

#include <string>

#include "text/corpus/corpus.h"

namespace charrnn {

// From about where the held-out text begins (of a run that holds nothing out: from the start), at
// most `most` characters. Begins after a line's end or a space and ends at one where there is any
// nearby.
std::string passage_of(const Split& parts, const Vocabulary& vocabulary, size_t most = 500);

}  // namespace charrnn
