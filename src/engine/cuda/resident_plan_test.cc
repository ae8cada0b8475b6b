#include "engine/cuda/resident_plan.h"

#include <gtest/gtest.h>

namespace charrnn::cuda {
namespace {

constexpr DeviceSize kHopper = {.multiprocessors = 132, .shared_bytes = 227 * 1024};

TEST(ResidentPlan, GivesEachGroupTheWholeMatrixAndAsFewStreamsAsItCan) {
  const auto plan = plan_resident({512, 512, 4, 2, 64}, kHopper);  // LSTM of 512 in bf16
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->unit_tiles, 2);
  EXPECT_EQ(plan->group_blocks, 16);
  EXPECT_EQ(plan->groups, 8);
  EXPECT_EQ(plan->group_streams, 8);
  EXPECT_EQ(plan->turns(), 1);
}

TEST(ResidentPlan, TakesOneTileOfUnitsWhereTwoDoNotFit) {
  const ResidentWork work = {768, 768, 4, 2, 128};
  const auto two = plan_resident(work, kHopper);
  ASSERT_TRUE(two);
  EXPECT_EQ(two->unit_tiles, 2);
  EXPECT_EQ(two->group_blocks, 24);
  EXPECT_EQ(two->groups, 5);
  EXPECT_EQ(two->turns(), 4);
  const auto one = plan_resident(work, {.multiprocessors = 132, .shared_bytes = 99 * 1024});
  ASSERT_TRUE(one);
  EXPECT_EQ(one->unit_tiles, 1);
  EXPECT_EQ(one->group_blocks, 48);
  EXPECT_EQ(one->groups, 2);
  EXPECT_EQ(one->turns(), 8);
}

TEST(ResidentPlan, HasNoneForAMatrixThatIsTooLarge) {
  EXPECT_FALSE(plan_resident({1056, 1056, 4, 2, 8}, kHopper)) << "registers";
  EXPECT_FALSE(plan_resident({4128, 4128, 1, 2, 8}, kHopper)) << "registers";
  EXPECT_TRUE(plan_resident({4096, 4096, 1, 2, 8}, kHopper));
  EXPECT_FALSE(plan_resident({4096, 4096, 1, 2, 8}, {64, 227 * 1024})) << "multiprocessors";
  EXPECT_FALSE(plan_resident({512, 512, 4, 2, 100000}, kHopper)) << "shared memory";
}

// Every plan holds every unit and stream once, and fits the GPU.
TEST(ResidentPlan, CoversAllUnitsAndStreamsWithinTheGpu) {
  for (const int multiprocessors : {16, 46, 132}) {
    const DeviceSize device = {multiprocessors, 99 * 1024};
    for (const int hidden : {32, 64, 160, 512, 1024}) {
      for (const int streams : {1, 2, 7, 8, 9, 64, 333}) {
        for (const int gates : {1, 3, 4}) {
          const auto plan = plan_resident({hidden, hidden, gates, 2, streams}, device);
          if (!plan) continue;
          EXPECT_EQ(plan->group_blocks * plan->unit_tiles * kTileRows, hidden);
          EXPECT_LE(plan->blocks(), multiprocessors);
          EXPECT_GE(plan->groups * plan->group_streams, streams);
          EXPECT_LT((plan->groups - 1) * plan->group_streams, streams);
          EXPECT_GE(plan->stretches * kWarps * kStretchWords * 2, hidden);
          EXPECT_LE(plan->turns(), kMostTurns);
        }
      }
    }
  }
}

}  // namespace
}  // namespace charrnn::cuda
