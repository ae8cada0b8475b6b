// Large numbers as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace charrnn {

// In few characters: 950, 7.8k, 21k, 1.2M.
std::string short_number(double value);

// A size in bytes: "950 bytes", "7.8 kB", "21 MB", "1.2 GB", by powers of 1000.
std::string byte_size(double bytes);

// 1115394 → "1,115,394".
std::string grouped(uint64_t value);

// "1 character", "1,944 characters", "2 batches".
std::string counted(uint64_t count, std::string_view noun);

}  // namespace charrnn
