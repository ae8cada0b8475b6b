// Help, made from the commands and their option tables.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/command/command.h"

namespace charrnn {

std::string program_help(const std::vector<std::unique_ptr<Command>>& commands,
                         const Terminal& terminal);

std::string command_help(const Command& command, const OptionTable& options,
                         const Terminal& terminal);

}  // namespace charrnn
