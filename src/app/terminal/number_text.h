// Numbers as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace charrnn {

// 1115394 → "1,115,394".
std::string grouped(uint64_t value);

// "2,000 characters in 0.21 s, 9,524 a second".
std::string pace_text(uint64_t characters, double seconds);

}  // namespace charrnn
