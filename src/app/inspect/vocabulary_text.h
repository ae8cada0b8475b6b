// A vocabulary as a page shows it.
#pragma once

#include <string>
#include <vector>

#include "text/characters/vocabulary.h"

namespace charrnn {

// Lines of at most `columns`: the characters that can be seen side by side in id order, then those
// that can't, by name. Where these are more than `max_lines`, the last line says how many are left
// out.
std::vector<std::string> vocabulary_lines(const Vocabulary& vocabulary, int columns, int max_lines);

}  // namespace charrnn
