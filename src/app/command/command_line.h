// Reads the program's arguments and environment into an option table.
#pragma once

#include <string>
#include <vector>

#include "app/command/command.h"

namespace charrnn {

// The parsed command line of one command.
struct CommandLine {
  std::vector<std::string> arguments;  // positional
  bool help = false;
};

// Fills the table from `words` (all after the command's name) and from CHARRNN_<OPTION> in the
// environment; CHARRNN_ISA limits the instruction sets of the whole process instead. Throws Error
// (kUsage): unknown options with the nearest name, options given twice, missing values.
CommandLine parse_command_line(const std::vector<std::string>& words, OptionTable& options);

// The whole program; never throws. Returns the exit code. called_as: how the shell called it.
int run_program(const std::vector<std::string>& words, const std::string& called_as = "charrnn");

}  // namespace charrnn
