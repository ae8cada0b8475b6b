#include "base/number.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>

#include "base/error.h"

namespace charrnn {
namespace {

// What a refusal says; "taken" where there is none.
std::string refusal(const std::function<void()>& parse) {
  try {
    parse();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_NE(error.hint(), "");
    return error.what();
  }
  return "taken";
}

TEST(Number, IsWholeFromTheLeastToTheMost) {
  EXPECT_EQ(parse_integer("-3", "--n", {-3, 7}), -3);
  EXPECT_EQ(parse_integer("7", "--n", {-3, 7}), 7);
  EXPECT_EQ(parse_integer("-9223372036854775808", "--n"), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(parse_unsigned("18446744073709551615", "--n"), UINT64_MAX);
  for (const char* text :
       {"-4", "8", "", " 1", "1 ", "+1", "1.0", "0x1", "1e3", "99999999999999999999"}) {
    EXPECT_EQ(refusal([&] {
                parse_integer(text, "--n", {-3, 7});
              }),
              "--n: '" + std::string(text) + "' is not a whole number from -3 to 7");
  }
  EXPECT_NE(refusal([] { parse_unsigned("-1", "--n"); }), "taken");
  EXPECT_NE(refusal([] { parse_unsigned("18446744073709551616", "--n"); }), "taken");
}

TEST(Number, IsRealWithinOpenAndClosedEnds) {
  const RealRange closed{.min = 0, .max = 1},
      open{.min = 0, .max = 1, .open_min = true, .open_max = true};
  for (const char* text : {"0", "1"}) {
    EXPECT_EQ(parse_real(text, "--x", closed), text[0] - '0');
    EXPECT_EQ(refusal([&] { parse_real(text, "--x", open); }),
              "--x: '" + std::string(text) + "' is not a number above 0 below 1");
  }
  EXPECT_EQ(parse_real("1e-3", "--x", open), 1e-3);
  for (const char* text : {"nan", "inf", "1e999", "-0.1", "1.1", "0,5", ""}) {
    EXPECT_NE(refusal([&] { parse_real(text, "--x", closed); }), "taken") << text;
  }
}

// 0.99999999 is 1 in float32, and 1e-46 is 0; engines take subnormal numbers for 0.
TEST(Number, IsWithinItsRangeAsAFloatToo) {
  const RealRange below{.min = 0, .max = 1, .open_max = true},
      above{.min = 0, .max = 0.1, .open_min = true};
  EXPECT_EQ(refusal([&] { parse_real("0.99999999", "--x", below); }),
            "--x: '0.99999999' is 1 in float32, which is not a number from 0 below 1");
  EXPECT_EQ(parse_real("0.9999999", "--x", below), 0.9999999);
  for (const char* text : {"1e-46", "1e-40"}) {
    EXPECT_NE(refusal([&] { parse_real(text, "--x", above); }), "taken") << text;
  }
  EXPECT_EQ(parse_real("1e-37", "--x", above), 1e-37);
  EXPECT_EQ(parse_real("0.1", "--x", above), 0.1) << "a closed end that no float32 hits";
  EXPECT_EQ(parse_real("1e300", "--x"), 1e300) << "no range";
}

TEST(Number, IsABooleanInOneOfFourWords) {
  for (const char* text : {"1", "on", "true", "yes"}) EXPECT_TRUE(parse_boolean(text, "--b"));
  for (const char* text : {"0", "off", "false", "no"}) EXPECT_FALSE(parse_boolean(text, "--b"));
  for (const char* text : {"", "2", "True", "y"}) {
    EXPECT_NE(refusal([&] { parse_boolean(text, "--b"); }), "taken") << text;
  }
}

TEST(Number, IsADurationInSecondsMinutesOrHours) {
  EXPECT_EQ(parse_duration("90", "--time"), 90);
  EXPECT_EQ(parse_duration("30s", "--time"), 30);
  EXPECT_EQ(parse_duration("10m", "--time"), 600);
  EXPECT_EQ(parse_duration("1.5h", "--time"), 5400);
  for (const char* text : {"", "0", "-1s", "s", "1d", "1 m", "inf", "999999h"}) {
    EXPECT_NE(refusal([&] { parse_duration(text, "--time"); }), "taken") << text;
  }
}

}  // namespace
}  // namespace charrnn
