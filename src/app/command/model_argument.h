// The model argument of a command.
#pragma once

#include <string>

#include "app/command/command.h"
#include "model/file/model_file.h"

namespace charrnn {

// Which model a command reads, and how.
struct ModelOptions {
  std::string model;
  ModelReadOptions reading;

  // Begins the group "Model".
  void declare(OptionTable& table);
};

// Removes and returns the first positional argument, or returns the value of -m if that is given.
// Throws Error (kUsage) if there is neither.
std::string model_argument(Context& context, const std::string& option);

// Of a command that takes no other argument: throws where something is left.
std::string only_model_argument(Context& context, const std::string& option);

}  // namespace charrnn
