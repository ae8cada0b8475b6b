// A vocabulary beside a model whose file lacks one: JSON, either a list of the characters in the
// order of their ids, or an object from each character to its id, as Python programs keep both.
#pragma once

#include <string>

#include "base/option.h"

namespace charrnn {

// The list as JSON text, in the form of a model file's metadata. Throws Error (kIo, kModel,
// kLimit).
std::string read_vocabulary_file(const std::string& path);

// --vocabulary: such a file, of whatever reads a model.
void declare_vocabulary_file(OptionTable& table, std::string& path);

}  // namespace charrnn
