#include "app/terminal/number_text.h"

#include <gtest/gtest.h>

namespace charrnn {
namespace {

TEST(NumberText, SaysHowManyCharactersASecond) {
  EXPECT_EQ(pace_text(12000, 0.25), "12,000 characters in 0.250 s, 48,000 a second");
  EXPECT_EQ(pace_text(10, 4), "10 characters in 4.0 s, 3 a second");
  EXPECT_EQ(pace_text(7, 0), "7 characters in 0.000 s");
}

}  // namespace
}  // namespace charrnn
