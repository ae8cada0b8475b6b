// Base64 of RFC 4648: bytes as letters, digits, + and /, filled up with = to a multiple of four.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace charrnn {

std::string base64(std::string_view bytes);

// The length of the base64 of so many bytes.
constexpr uint64_t base64_size(uint64_t bytes) { return (bytes + 2) / 3 * 4; }

}  // namespace charrnn
