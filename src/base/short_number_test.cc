#include "base/short_number.h"

#include <gtest/gtest.h>

namespace charrnn {
namespace {

TEST(ShortNumber, HasTwoDigitsOrThree) {
  EXPECT_EQ(short_number(0), "0");
  EXPECT_EQ(short_number(950), "950");
  EXPECT_EQ(short_number(999.7), "1.0k");
  EXPECT_EQ(short_number(7800), "7.8k");
  EXPECT_EQ(short_number(21150), "21k");
  EXPECT_EQ(short_number(1234567), "1.2M");
}

}  // namespace
}  // namespace charrnn
