// What a command is told that lacks an argument or has one too many.
#pragma once

#include <string>
#include <string_view>

#include "app/command/command.h"
#include "base/error.h"

namespace charrnn {

// "usage: charrnn eval MODEL TEXT… [options]"
std::string usage_of(const Command& command);

// what: the argument in words, such as "a text".
Error missing_argument(const Command& command, std::string_view what);

}  // namespace charrnn
