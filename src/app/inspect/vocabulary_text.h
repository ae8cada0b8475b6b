// A vocabulary as a page shows it.
#pragma once

#include <string>
#include <vector>

#include "text/characters/vocabulary.h"

namespace charrnn {

// Lines of at most `columns`: visible characters side by side in id order, then the others by name.
// If there are more than `max_lines`, the last line says how many are left out.
std::vector<std::string> vocabulary_lines(const Vocabulary& vocabulary, int columns, int max_lines);

}  // namespace charrnn
