#include "engine/cpu/inference/state_checkpoints.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace charrnn::cpu {
namespace {

constexpr float kTolerance = 1e-6f;

// Two layers of three units and four intervals. c is 20 everywhere and keeps nine tenths of itself
// in an interval, h is 0.5.
class StateCheckpointsTest : public testing::Test {
 protected:
  StateCheckpointsTest() {
    for (int checkpoint = 0; checkpoint <= 4; ++checkpoint)
      std::ranges::copy(usual(), checkpoints_.state(checkpoint).begin());
    for (int i = 0; i < 4; ++i) {
      std::ranges::fill(checkpoints_.forget_product(i), 0.9f);
      std::ranges::fill(checkpoints_.min_abs_cell(i), 20.0f);
    }
  }

  static std::vector<float> usual() {
    std::vector<float> state(12, 20.0f);
    for (const int first : {0, 6}) std::fill_n(state.begin() + first, 3, 0.5f);
    return state;
  }
  static std::vector<float> with(int offset, float value) {
    std::vector<float> state = usual();
    state[offset] = value;
    return state;
  }

  void expect_unchanged() {
    for (int checkpoint = 0; checkpoint <= 4; ++checkpoint) {
      EXPECT_TRUE(std::ranges::equal(checkpoints_.state(checkpoint), usual())) << checkpoint;
    }
  }

  StateCheckpoints checkpoints_{{CellKind::kLstm, 2, 3, 2, 2}, 4};
};

TEST_F(StateCheckpointsTest, MergeWhereTheStateIsTheSame) {
  EXPECT_TRUE(checkpoints_.try_merge(1, usual(), kTolerance));
  expect_unchanged();
}

TEST_F(StateCheckpointsTest, DoNotMergeWhereTheOutputIsAnother) {
  for (const int offset : {0, 2, 6, 8}) {
    EXPECT_FALSE(checkpoints_.try_merge(1, with(offset, 0.501f), kTolerance)) << offset;
  }
  EXPECT_FALSE(checkpoints_.try_merge(1, with(0, std::nanf("")), kTolerance));
  expect_unchanged();
}

TEST_F(StateCheckpointsTest, MergeAndPropagateTheDifferenceOfLargeStates) {
  ASSERT_TRUE(checkpoints_.try_merge(1, with(10, 16.0f), kTolerance));
  float difference = -4;
  for (int checkpoint = 1; checkpoint <= 4; ++checkpoint, difference *= 0.9f) {
    std::vector<float> expected = with(10, 20 + difference);
    for (int i = 0; i < 12; ++i)
      EXPECT_NEAR(checkpoints_.state(checkpoint)[i], expected[i], 1e-5) << checkpoint;
  }
  EXPECT_TRUE(std::ranges::equal(checkpoints_.state(0), usual()));
  // Of the interval after the second checkpoint, by what they differed there.
  EXPECT_NEAR(checkpoints_.min_abs_cell(2)[4], 20 - 3.6, 1e-5);
  EXPECT_EQ(checkpoints_.min_abs_cell(2)[3], 20.0f);
  EXPECT_EQ(checkpoints_.min_abs_cell(0)[4], 20.0f);
}

TEST_F(StateCheckpointsTest, MergeWhereALargeStateIsOnlyLarger) {
  ASSERT_TRUE(checkpoints_.try_merge(3, with(10, 500.0f), kTolerance));
  EXPECT_NEAR(checkpoints_.end()[10], 20 + 480 * 0.9f, 1e-3);
  EXPECT_EQ(checkpoints_.min_abs_cell(3)[4], 20.0f);
  EXPECT_FALSE(checkpoints_.try_merge(3, with(10, -500.0f), kTolerance));
}

TEST_F(StateCheckpointsTest, DoNotMergeWhereALargeStateBecomesSmallLater) {
  for (const float other : {16.0f, 24.0f}) {
    checkpoints_.min_abs_cell(3)[4] = 2;
    EXPECT_FALSE(checkpoints_.try_merge(1, with(10, other), kTolerance));
  }
  expect_unchanged();
  checkpoints_.forget_product(2)[4] = 0;  // but by then nothing is left of the difference
  EXPECT_TRUE(checkpoints_.try_merge(1, with(10, 16.0f), kTolerance));
}

// Where it was as small as one step's change, its sign may have been another.
TEST_F(StateCheckpointsTest, DoNotMergeWhereASmallStateIsLarger) {
  checkpoints_.min_abs_cell(2)[4] = 0.9f;
  EXPECT_FALSE(checkpoints_.try_merge(1, with(10, 500.0f), kTolerance));
  EXPECT_FALSE(checkpoints_.try_merge(1, with(10, 500.0f), 0.3f));
  expect_unchanged();
  checkpoints_.min_abs_cell(2)[4] = 1.1f;
  EXPECT_TRUE(checkpoints_.try_merge(1, with(10, 500.0f), 0.3f));
}

TEST_F(StateCheckpointsTest, DoNotMergeWhereADifferenceIsLargerThanTheState) {
  EXPECT_FALSE(checkpoints_.try_merge(0, with(3, -20.0f), kTolerance));
  EXPECT_FALSE(checkpoints_.try_merge(0, with(3, std::nanf("")), kTolerance));
  EXPECT_FALSE(
      checkpoints_.try_merge(0, with(3, std::numeric_limits<float>::infinity()), kTolerance));
  expect_unchanged();
}

TEST_F(StateCheckpointsTest, AllowALargeStateItsRounding) {
  for (int i = 0; i < 4; ++i) std::ranges::fill(checkpoints_.min_abs_cell(i), 0.0f);
  EXPECT_TRUE(checkpoints_.try_merge(0, with(3, 20 + 10e-6f), kTolerance));
  EXPECT_FALSE(checkpoints_.try_merge(0, with(3, 20 + 40e-6f), kTolerance));
}

TEST_F(StateCheckpointsTest, OfACellWithOneStateCompareItAlone) {
  StateCheckpoints checkpoints({CellKind::kGru, 1, 3, 2, 2}, 2);
  EXPECT_TRUE(checkpoints.forget_product(0).empty());
  EXPECT_TRUE(checkpoints.try_merge(0, std::vector<float>{0, 1e-7f, 0}, kTolerance));
  EXPECT_EQ(checkpoints.state(0)[1], 1e-7f);
  EXPECT_FALSE(checkpoints.try_merge(0, std::vector<float>{0, 1e-3f, 0}, kTolerance));
}

}  // namespace
}  // namespace charrnn::cpu
