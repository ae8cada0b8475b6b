// Large numbers in few characters: 950, 7.8k, 21k, 1.2M.
#pragma once

#include <string>

namespace charrnn {

std::string short_number(double value);

}  // namespace charrnn
