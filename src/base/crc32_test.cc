#include "base/crc32.h"

#include <gtest/gtest.h>

#include <string>

namespace charrnn {
namespace {

// One bit at a time, as the polynomial is defined.
uint32_t slow_crc32(std::string_view data) {
  uint32_t crc = ~0u;
  for (const char c : data) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xEDB88320u : 0);
  }
  return ~crc;
}

TEST(Crc32, GivesTheStandardsCheckValue) { EXPECT_EQ(crc32("123456789"), 0xCBF43926u); }

TEST(Crc32, EqualsTheBitwiseDefinitionForEveryLengthAndSplit) {
  std::string data;
  for (int i = 0; i < 50; ++i) data += static_cast<char>(i * 37 + 11);
  for (size_t size = 0; size <= data.size(); ++size) {
    const std::string_view part = std::string_view(data).substr(0, size);
    EXPECT_EQ(crc32(part), slow_crc32(part)) << size;
    EXPECT_EQ(crc32(part.substr(size / 3), crc32(part.substr(0, size / 3))), crc32(part)) << size;
  }
}

// The examples of RFC 3720, B.4.
TEST(Crc32, KnowsCastagnolisPolynomial) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43u);
}

}  // namespace
}  // namespace charrnn
