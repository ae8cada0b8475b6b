#include "engine/cuda/resident/resident_plan.h"

#include <gtest/gtest.h>

namespace charrnn::cuda {
namespace {

constexpr DeviceSize kHopper = {.multiprocessors = 132, .shared_bytes = 227 * 1024};

TEST(ResidentPlan, GivesEachGroupTheWholeMatrixAndAsFewStreamsAsItCan) {
  const auto plan = plan_resident({512, 512, 4, 2, 64}, kHopper);  // LSTM of 512 in bf16
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->unit_parts, 4);
  EXPECT_EQ(plan->group_blocks, 16);
  EXPECT_EQ(plan->groups, 8);
  EXPECT_EQ(plan->group_streams, 8);
  EXPECT_EQ(plan->turns(), 1);
}

TEST(ResidentPlan, TakesFewerUnitsWhereMoreNeedMuchSharedMemory) {
  const ResidentWork work = {768, 768, 4, 2, 128};
  const auto four = plan_resident(work, kHopper);
  ASSERT_TRUE(four);
  EXPECT_EQ(four->unit_parts, 4);
  EXPECT_EQ(four->group_blocks, 24);
  EXPECT_EQ(four->groups, 5);
  EXPECT_EQ(four->turns(), 4);
  const auto two = plan_resident({768, 768, 4, 2, 64}, {132, 51 * 1024});
  ASSERT_TRUE(two);
  EXPECT_EQ(two->unit_parts, 2);
  EXPECT_EQ(two->group_blocks, 48);
  EXPECT_EQ(two->groups, 2);
  EXPECT_EQ(two->turns(), 4);
}

TEST(ResidentPlan, TakesTwentyFourUnitsInFloat32UnlessThatTakesMoreTurns) {
  const auto three = plan_resident({384, 384, 4, 1, 64}, kHopper);
  ASSERT_TRUE(three);
  EXPECT_EQ(three->unit_parts, 3);
  EXPECT_EQ(three->group_blocks, 16);
  EXPECT_EQ(three->turns(), 1);
  const auto four = plan_resident({384, 384, 4, 1, 80}, kHopper);  // 11 groups of 8, or 8 of 10
  ASSERT_TRUE(four);
  EXPECT_EQ(four->unit_parts, 4);
  EXPECT_EQ(four->turns(), 1);
}

TEST(ResidentPlan, TakesSixteenUnitsWhereMoreOnlyMakeSharedMemoryBusy) {
  const auto two = plan_resident({768, 768, 4, 1, 16}, kHopper);
  ASSERT_TRUE(two);
  EXPECT_EQ(two->unit_parts, 2);
  const auto three = plan_resident({768, 768, 4, 1, 64}, kHopper);
  ASSERT_TRUE(three);
  EXPECT_EQ(three->unit_parts, 3);
  EXPECT_EQ(three->turns(), 2);
}

TEST(ResidentPlan, HasNoneForAMatrixThatIsTooLarge) {
  EXPECT_FALSE(plan_resident({2080, 2080, 4, 2, 8}, kHopper)) << "registers";
  EXPECT_FALSE(plan_resident({6176, 6176, 1, 2, 8}, kHopper)) << "registers";
  EXPECT_TRUE(plan_resident({4096, 4096, 1, 2, 8}, kHopper));
  EXPECT_FALSE(plan_resident({4096, 4096, 1, 2, 8}, {64, 227 * 1024})) << "multiprocessors";
  EXPECT_TRUE(plan_resident({512, 512, 4, 2, 256}, kHopper));
  EXPECT_FALSE(plan_resident({512, 512, 4, 2, 257}, kHopper)) << "turns";
  EXPECT_TRUE(plan_resident({512, 512, 4, 1, 512}, kHopper)) << "float32 takes more";
}

// Every plan holds every unit and stream once, and fits the GPU.
TEST(ResidentPlan, CoversAllUnitsAndStreamsWithinTheGpu) {
  for (const int multiprocessors : {16, 46, 132}) {
    const DeviceSize device = {multiprocessors, 99 * 1024};
    for (const int hidden : {32, 64, 160, 512, 768, 1024}) {
      for (const int streams : {1, 2, 7, 8, 9, 64, 333}) {
        for (const int gates : {1, 3, 4}) {
          const auto plan = plan_resident({hidden, hidden, gates, 2, streams}, device);
          if (!plan) continue;
          EXPECT_EQ(plan->group_blocks * plan->unit_parts * kPartRows, hidden);
          EXPECT_LE(plan->blocks(), multiprocessors);
          EXPECT_GE(plan->groups * plan->group_streams, streams);
          EXPECT_LT((plan->groups - 1) * plan->group_streams, streams);
          EXPECT_GE(plan->stretches * kWarps * kStretchWords * 2, hidden);
          EXPECT_LE(plan->turns(), max_turns(2));
        }
      }
    }
  }
}

}  // namespace
}  // namespace charrnn::cuda
