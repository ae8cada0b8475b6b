// Commands in texts, with the program's name as it was called.
#pragma once

#include <string>
#include <string_view>

namespace charrnn {

// The text with `program` in place of "charrnn" wherever a command's name or --help follows.
std::string as_called(std::string_view text, std::string_view program);

}  // namespace charrnn
