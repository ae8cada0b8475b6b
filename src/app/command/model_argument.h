// The model argument of a command.
#pragma once

#include <string>

#include "app/command/command.h"

namespace charrnn {

// Removes and returns the first positional argument, or returns the value of -m if that is given.
// Throws Error (kUsage) if there is neither.
std::string model_argument(Context& context, const std::string& option);

// Of a command that takes no other argument: throws where something is left.
std::string only_model_argument(Context& context, const std::string& option);

}  // namespace charrnn
