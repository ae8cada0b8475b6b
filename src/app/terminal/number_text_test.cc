#include "app/terminal/number_text.h"

#include <gtest/gtest.h>

namespace charrnn {
namespace {

TEST(NumberText, GroupsDigitsByThree) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(18446744073709551615u), "18,446,744,073,709,551,615");
}

TEST(NumberText, SaysHowManyCharactersASecond) {
  EXPECT_EQ(pace_text(12000, 0.25), "12,000 characters in 0.250 s, 48,000 a second");
  EXPECT_EQ(pace_text(10, 4), "10 characters in 4.0 s, 3 a second");
  EXPECT_EQ(pace_text(7, 0), "7 characters in 0.000 s");
}

}  // namespace
}  // namespace charrnn
