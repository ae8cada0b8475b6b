// A few lines of a run's own text, kept beside its model for when the text itself is not available.
#pragma once

#include <string>

#include "text/corpus/corpus.h"

namespace charrnn {

// At most `most` characters from about where the held-out text begins (from the start of the text
// if nothing is held out). Begins after a line end or space, and ends at one, if any is near.
std::string passage_of(const Split& parts, const Vocabulary& vocabulary, size_t most = 500);

}  // namespace charrnn
