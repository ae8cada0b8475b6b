#include "base/crc32.h"

#include <array>
#include <bit>
#include <cstring>

namespace charrnn {
namespace {

static_assert(std::endian::native == std::endian::little);

using Tables = std::array<std::array<uint32_t, 256>, 8>;

// tables[k][b]: what byte b contributes when k more bytes follow it, so that eight bytes are one
// step (Kounavis and Berry 2005, "slicing-by-8").
constexpr Tables make_tables(uint32_t polynomial) {
  Tables tables = {};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? polynomial : 0);
    tables[0][byte] = crc;
  }
  for (size_t k = 1; k < 8; ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t crc = tables[k - 1][byte];
      tables[k][byte] = crc >> 8 ^ tables[0][crc & 255];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables(0xEDB88320);
constexpr Tables kCastagnoli = make_tables(0x82F63B78);

uint32_t checksum(const Tables& tables, std::string_view data, uint32_t crc) {
  crc = ~crc;
  while (data.size() >= 8) {
    uint64_t bytes = 0;
    std::memcpy(&bytes, data.data(), 8);
    bytes ^= crc;
    crc = 0;
    for (size_t k = 0; k < 8; ++k) crc ^= tables[7 - k][bytes >> 8 * k & 255];
    data.remove_prefix(8);
  }
  for (const char c : data) crc = crc >> 8 ^ tables[0][(crc ^ static_cast<uint8_t>(c)) & 255];
  return ~crc;
}

}  // namespace

uint32_t crc32(std::string_view data, uint32_t crc) { return checksum(kTables, data, crc); }

uint32_t crc32c(std::string_view data) { return checksum(kCastagnoli, data, 0); }

}  // namespace charrnn
