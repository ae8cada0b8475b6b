// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/short_number.h"

namespace charrnn {

// "2,000 characters in 0.21 s, 9,524 a second". unit: "character" or "byte".
std::string pace_text(uint64_t count, double seconds, std::string_view unit = "character");

}  // namespace charrnn
