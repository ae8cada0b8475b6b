// What packages install beside the program, printed by `charrnn help`.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/command/command.h"

namespace charrnn {

// words: "--man", "--man COMMAND" or "--completions SHELL". Throws Error (kUsage) for others.
std::string document(const std::vector<std::string>& words,
                     const std::vector<std::unique_ptr<Command>>& commands);

}  // namespace charrnn
