#include "model/half.h"

#include <gtest/gtest.h>

#include <cmath>

namespace charrnn {
namespace {

TEST(Half, EveryFloat16IsTheNumberThatTheStandardSays) {
  for (int bits = 0; bits < 65536; ++bits) {
    const float found = half_to_float(static_cast<uint16_t>(bits));
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    EXPECT_EQ(std::signbit(found), bits >= 0x8000);
    if (exponent == 31) {
      EXPECT_TRUE(fraction == 0 ? std::isinf(found) : std::isnan(found)) << bits;
      continue;
    }
    const double size =
        exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
    EXPECT_EQ(std::abs(found), static_cast<float>(size)) << bits;
  }
}

TEST(Half, EveryBfloat16IsAFloat32CutShort) {
  EXPECT_EQ(bfloat_to_float(0x3F80), 1.0f);
  EXPECT_EQ(bfloat_to_float(0xC049), -3.140625f);
  EXPECT_EQ(bfloat_to_float(0x0001), 0x1p-133f);
}

}  // namespace
}  // namespace charrnn
