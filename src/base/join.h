// Texts in a row.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace charrnn {

// "a, b, c" of three texts and ", ".
std::string join(const std::vector<std::string>& texts, std::string_view separator);

}  // namespace charrnn
