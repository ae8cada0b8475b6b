// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>

#include "base/short_number.h"

namespace charrnn {

// "2,000 characters in 0.21 s, 9,524 a second".
std::string pace_text(uint64_t characters, double seconds);

}  // namespace charrnn
