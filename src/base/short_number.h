// Large numbers as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace charrnn {

// In few characters: 950, 7.8k, 21k, 1.2M.
std::string short_number(double value);

// 1115394 → "1,115,394".
std::string grouped(uint64_t value);

}  // namespace charrnn
