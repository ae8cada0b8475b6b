// Manual pages, made from the commands and their option tables. Format: man(7).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/documents/declared_command.h"

namespace charrnn {

// charrnn(1).
std::string program_man_page(const std::vector<std::unique_ptr<Command>>& commands);
// charrnn-COMMAND(1).
std::string command_man_page(const DeclaredCommand& declared);

}  // namespace charrnn
