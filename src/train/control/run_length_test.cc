#include "train/control/run_length.h"

#include <gtest/gtest.h>

namespace charrnn {
namespace {

constexpr AskedLength kNone = {0, false};

TEST(RunLength, WithoutABudgetIsThePlannedOneUnlessAnotherIsAskedFor) {
  // A --time run planned 478 steps, its epochs would be 8400.
  EXPECT_EQ(resumed_length(kNone, {8400, false}, false, 300, 478).total_steps, 478);
  EXPECT_EQ(resumed_length({700, true}, kNone, false, 300, 478).total_steps, 700);
  EXPECT_EQ(resumed_length(kNone, {8400, true}, false, 300, 478).total_steps, 8400);
  EXPECT_EQ(resumed_length({700, true}, {600, true}, false, 300, 478).total_steps, 600);
  EXPECT_EQ(resumed_length({680, true}, kNone, false, 1700, 1700).total_steps, 680);
}

TEST(RunLength, WithABudgetIsLimitedByWhateverComesFirst) {
  EXPECT_EQ(resumed_length({1000, true}, {8400, false}, true, 300, 478).max_steps, 1000);
  EXPECT_EQ(resumed_length({0, false}, {8400, false}, true, 300, 478).max_steps, 8400);
  EXPECT_EQ(resumed_length({400, false}, {350, false}, true, 300, 478).max_steps, 350);
}

TEST(RunLength, WithABudgetGoesOnBeyondTheSettingsThatAreReached) {
  EXPECT_EQ(resumed_length({400, false}, kNone, true, 400, 400).max_steps, 0);
  EXPECT_EQ(resumed_length({400, true}, kNone, true, 400, 400).max_steps, 400);
}

}  // namespace
}  // namespace charrnn
