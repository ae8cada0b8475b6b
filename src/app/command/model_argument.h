// Which model a command was given.
#pragma once

#include <string>

#include "app/command/command.h"

namespace charrnn {

// The first positional argument, which it takes away, or the value of -m where that is given.
// Throws Error (kUsage) where there is neither.
std::string model_argument(Context& context, const std::string& option);

}  // namespace charrnn
