// Two checksums of 32 bits, by their reflected polynomials.
#pragma once

#include <cstdint>
#include <string_view>

namespace charrnn {

// CRC-32 (IEEE 802.3, 0xEDB88320), as zlib.crc32 in Python has it. crc: the checksum of
// what comes before `data`, 0 at the start.
uint32_t crc32(std::string_view data, uint32_t crc = 0);

// CRC-32C (Castagnoli, 0x82F63B78), as iSCSI and TensorFlow's records have it.
uint32_t crc32c(std::string_view data);

}  // namespace charrnn
