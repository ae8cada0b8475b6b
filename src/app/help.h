// Help, made from the commands and their option tables.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/command/command.h"

namespace charrnn {

// program: its name as it was called.
std::string program_help(const std::vector<std::unique_ptr<Command>>& commands,
                         const std::string& program, const Terminal& terminal);

// note: about the values in brackets; may be empty.
std::string command_help(const Command& command, const OptionTable& options,
                         const std::string& note, const std::string& program,
                         const Terminal& terminal);

}  // namespace charrnn
