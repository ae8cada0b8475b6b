#include "generate/stop_matcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace charrnn {
namespace {

struct Found {
  int stop = StopMatcher::kNone;
  size_t begin = std::string::npos;
};

// The first match to end; of those that end together the one that begins first.
Found find_slowly(const std::string& text, const std::vector<std::string>& stops) {
  for (size_t end = 1; end <= text.size(); ++end) {
    Found found;
    for (size_t i = 0; i < stops.size(); ++i) {
      const size_t size = stops[i].size();
      if (size <= end && text.compare(end - size, size, stops[i]) == 0 &&
          (found.stop == StopMatcher::kNone || end - size < found.begin)) {
        found = {static_cast<int>(i), end - size};
      }
    }
    if (found.stop != StopMatcher::kNone) return found;
  }
  return {};
}

size_t held_slowly(const std::string& text, const std::vector<std::string>& stops) {
  size_t held = 0;
  for (const std::string& stop : stops) {
    for (size_t n = 1; n < stop.size() && n <= text.size(); ++n) {
      if (text.ends_with(stop.substr(0, n))) held = std::max(held, n);
    }
  }
  return held;
}

TEST(StopMatcher, EqualsTheSlowVersionOnStringsOfTwoLetters) {
  std::mt19937 random(1);
  const auto word = [&random](int size) {
    std::string result;
    for (int i = 0; i < size; ++i) result += random() % 2 == 0 ? 'a' : 'b';
    return result;
  };
  int matches = 0;
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::string> stops;
    for (size_t i = 0; i < 1 + random() % 4; ++i) {
      stops.push_back(word(1 + static_cast<int>(random() % 9)));
    }
    StopMatcher matcher(stops);
    const std::string text = word(60);
    const Found expected = find_slowly(text, stops);
    for (size_t i = 0; i < text.size() && matcher.matched() == StopMatcher::kNone; ++i) {
      matcher.read(text.substr(i, 1));
      const std::string so_far = text.substr(0, i + 1);
      if (matcher.matched() == StopMatcher::kNone) {
        ASSERT_EQ(matcher.held(), held_slowly(so_far, stops)) << so_far;
      } else {
        ASSERT_EQ(so_far.size() - matcher.held(), expected.begin) << so_far;
        ++matches;
      }
    }
    ASSERT_EQ(matcher.matched(), expected.stop);
  }
  EXPECT_GT(matches, 500);
}

TEST(StopMatcher, HoldsNothingBackWithoutStopStrings) {
  StopMatcher matcher({});
  matcher.read("any text");
  EXPECT_EQ(matcher.held(), 0u);
  EXPECT_EQ(matcher.matched(), StopMatcher::kNone);
}

TEST(StopMatcher, ReadsNoFurtherThanTheFirstMatch) {
  StopMatcher matcher({"ab", "bc"});
  matcher.read("xabc");
  EXPECT_EQ(matcher.matched(), 0);
  EXPECT_EQ(matcher.held(), 2u);
}

}  // namespace
}  // namespace charrnn
