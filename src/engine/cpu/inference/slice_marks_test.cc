#include "engine/cpu/inference/slice_marks.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace charrnn::cpu {
namespace {

constexpr float kTolerance = 1e-6f;

// Two layers of three units and four intervals. c is 20 everywhere and keeps nine tenths of itself
// in an interval, h is 0.5.
class SliceMarksTest : public testing::Test {
 protected:
  SliceMarksTest() {
    for (int mark = 0; mark <= 4; ++mark) std::ranges::copy(usual(), marks_.state(mark).begin());
    for (int i = 0; i < 4; ++i) {
      std::ranges::fill(marks_.carried(i), 0.9f);
      std::ranges::fill(marks_.least(i), 20.0f);
    }
  }

  static std::vector<float> usual() {
    std::vector<float> state(12, 20.0f);
    for (const int first : {0, 6}) std::fill_n(state.begin() + first, 3, 0.5f);
    return state;
  }
  static std::vector<float> with(int place, float value) {
    std::vector<float> state = usual();
    state[place] = value;
    return state;
  }

  void expect_unchanged() {
    for (int mark = 0; mark <= 4; ++mark) {
      EXPECT_TRUE(std::ranges::equal(marks_.state(mark), usual())) << mark;
    }
  }

  SliceMarks marks_{{CellKind::kLstm, 2, 3, 2, 2}, 4};
};

TEST_F(SliceMarksTest, JoinWhereTheStateIsTheSame) {
  EXPECT_TRUE(marks_.join(1, usual(), kTolerance));
  expect_unchanged();
}

TEST_F(SliceMarksTest, DoNotJoinWhereTheOutputIsAnother) {
  for (const int place : {0, 2, 6, 8}) {
    EXPECT_FALSE(marks_.join(1, with(place, 0.501f), kTolerance)) << place;
  }
  EXPECT_FALSE(marks_.join(1, with(0, std::nanf("")), kTolerance));
  expect_unchanged();
}

TEST_F(SliceMarksTest, JoinAndHandOnWhatLargeStatesDifferBy) {
  ASSERT_TRUE(marks_.join(1, with(10, 16.0f), kTolerance));
  float difference = -4;
  for (int mark = 1; mark <= 4; ++mark, difference *= 0.9f) {
    std::vector<float> expected = with(10, 20 + difference);
    for (int i = 0; i < 12; ++i) EXPECT_NEAR(marks_.state(mark)[i], expected[i], 1e-5) << mark;
  }
  EXPECT_TRUE(std::ranges::equal(marks_.state(0), usual()));
  // Of the interval after the second mark, by what they differed there.
  EXPECT_NEAR(marks_.least(2)[4], 20 - 3.6, 1e-5);
  EXPECT_EQ(marks_.least(2)[3], 20.0f);
  EXPECT_EQ(marks_.least(0)[4], 20.0f);
}

TEST_F(SliceMarksTest, JoinWhereALargeStateIsOnlyLarger) {
  ASSERT_TRUE(marks_.join(3, with(10, 500.0f), kTolerance));
  EXPECT_NEAR(marks_.end()[10], 20 + 480 * 0.9f, 1e-3);
  EXPECT_EQ(marks_.least(3)[4], 20.0f);
  EXPECT_FALSE(marks_.join(3, with(10, -500.0f), kTolerance));
}

TEST_F(SliceMarksTest, DoNotJoinWhereALargeStateBecomesSmallLater) {
  for (const float other : {16.0f, 24.0f}) {
    marks_.least(3)[4] = 2;
    EXPECT_FALSE(marks_.join(1, with(10, other), kTolerance));
  }
  expect_unchanged();
  marks_.carried(2)[4] = 0;  // but by then nothing is left of the difference
  EXPECT_TRUE(marks_.join(1, with(10, 16.0f), kTolerance));
}

// Where it was as small as one step's change, its sign may have been another.
TEST_F(SliceMarksTest, DoNotJoinWhereASmallStateIsLarger) {
  marks_.least(2)[4] = 0.9f;
  EXPECT_FALSE(marks_.join(1, with(10, 500.0f), kTolerance));
  EXPECT_FALSE(marks_.join(1, with(10, 500.0f), 0.3f));
  expect_unchanged();
  marks_.least(2)[4] = 1.1f;
  EXPECT_TRUE(marks_.join(1, with(10, 500.0f), 0.3f));
}

TEST_F(SliceMarksTest, DoNotJoinWhereADifferenceIsLargerThanTheState) {
  EXPECT_FALSE(marks_.join(0, with(3, -20.0f), kTolerance));
  EXPECT_FALSE(marks_.join(0, with(3, std::nanf("")), kTolerance));
  EXPECT_FALSE(marks_.join(0, with(3, std::numeric_limits<float>::infinity()), kTolerance));
  expect_unchanged();
}

TEST_F(SliceMarksTest, AllowALargeStateItsRounding) {
  for (int i = 0; i < 4; ++i) std::ranges::fill(marks_.least(i), 0.0f);
  EXPECT_TRUE(marks_.join(0, with(3, 20 + 10e-6f), kTolerance));
  EXPECT_FALSE(marks_.join(0, with(3, 20 + 40e-6f), kTolerance));
}

TEST_F(SliceMarksTest, OfACellWithOneStateCompareItAlone) {
  SliceMarks marks({CellKind::kGru, 1, 3, 2, 2}, 2);
  EXPECT_TRUE(marks.carried(0).empty());
  EXPECT_TRUE(marks.join(0, std::vector<float>{0, 1e-7f, 0}, kTolerance));
  EXPECT_EQ(marks.state(0)[1], 1e-7f);
  EXPECT_FALSE(marks.join(0, std::vector<float>{0, 1e-3f, 0}, kTolerance));
}

}  // namespace
}  // namespace charrnn::cpu
