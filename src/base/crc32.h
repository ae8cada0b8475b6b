// CRC-32 (IEEE 802.3, reflected polynomial 0xEDB88320), as zlib.crc32 in Python has it.
#pragma once

#include <cstdint>
#include <string_view>

namespace charrnn {

// crc: the checksum of what comes before `data`, 0 at the start.
uint32_t crc32(std::string_view data, uint32_t crc = 0);

}  // namespace charrnn
