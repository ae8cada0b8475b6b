#include "train/control/schedule.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace charrnn {
namespace {

TEST(Schedule, ConstantStaysWhereItIs) {
  const Schedule schedule{.learning_rate = 0.5, .total_steps = 100};
  EXPECT_EQ(schedule.at(0), 0.5);
  EXPECT_EQ(schedule.at(99), 0.5);
}

TEST(Schedule, WarmUpRisesEvenlyToTheLearningRate) {
  const Schedule schedule{.learning_rate = 0.4, .warmup_steps = 4, .total_steps = 100};
  EXPECT_DOUBLE_EQ(schedule.at(0), 0.1);
  EXPECT_DOUBLE_EQ(schedule.at(2), 0.3);
  EXPECT_DOUBLE_EQ(schedule.at(3), 0.4);
  EXPECT_DOUBLE_EQ(schedule.at(4), 0.4);
}

TEST(Schedule, CosineFallsFromTheTopToTheFloor) {
  const Schedule schedule{.kind = ScheduleKind::kCosine,
                          .learning_rate = 1,
                          .min_learning_rate = 0.2,
                          .warmup_steps = 10,
                          .total_steps = 110};
  EXPECT_DOUBLE_EQ(schedule.at(10), 1);
  EXPECT_NEAR(schedule.at(60), 0.6, 1e-12) << "half way";
  EXPECT_NEAR(schedule.at(35), 0.2 + 0.8 * (1 + std::sqrt(0.5)) / 2, 1e-12) << "a quarter";
  EXPECT_NEAR(schedule.at(110), 0.2, 1e-12);
  EXPECT_NEAR(schedule.at(500), 0.2, 1e-12) << "past the end it stays at the floor";
}

TEST(Schedule, CosineWithAFloorAboveTheLearningRateIsConstant) {
  const Schedule schedule{.kind = ScheduleKind::kCosine,
                          .learning_rate = 0.1,
                          .min_learning_rate = 0.5,
                          .total_steps = 10};
  EXPECT_DOUBLE_EQ(schedule.at(7), 0.1);
}

TEST(Schedule, AChangeOfLengthSpreadsWhatIsLeft) {
  const Schedule plain{
      .kind = ScheduleKind::kCosine, .learning_rate = 1, .warmup_steps = 10, .total_steps = 110};
  Schedule changed = plain;
  changed.changes = {{60, 85}};
  EXPECT_EQ(changed.at(5), plain.at(5));
  EXPECT_EQ(changed.at(60), plain.at(60)) << "the step of the change is as it was";
  // The second half in half as many steps.
  for (int step = 61; step <= 85; ++step) {
    EXPECT_NEAR(changed.at(step), plain.at(60 + 2 * (step - 60)), 1e-12) << step;
  }
  EXPECT_NEAR(changed.at(85), 0, 1e-12);
  changed.changes = {{60, 85}, {70, 300}, {200, 210}};
  EXPECT_NEAR(changed.at(210), 0, 1e-12) << "whatever the changes, it ends at the last length";
  for (int step = 61; step <= 210; ++step) EXPECT_LE(changed.at(step), changed.at(step - 1));
}

TEST(Schedule, AChangeBeforeTheWarmUpEndsSpreadsAllOfIt) {
  Schedule changed{
      .kind = ScheduleKind::kCosine, .learning_rate = 1, .warmup_steps = 10, .total_steps = 110};
  changed.changes = {{4, 60}};
  EXPECT_DOUBLE_EQ(changed.at(10), 1);
  EXPECT_NEAR(changed.at(35), 0.5, 1e-12);
  EXPECT_NEAR(changed.at(60), 0, 1e-12);
}

// A run of 100 steps is resumed at its end for 100 more.
TEST(Schedule, AChangeThatBeginsAnewIsTheScheduleOfTheNewLength) {
  Schedule whole{
      .kind = ScheduleKind::kCosine, .learning_rate = 1, .warmup_steps = 10, .total_steps = 200};
  Schedule resumed = whole;
  resumed.total_steps = 100;
  resumed.changes = {{0, 100}, {100, 200, true}};
  EXPECT_LT(resumed.at(99), 0.01);
  for (int step = 100; step <= 200; ++step) EXPECT_EQ(resumed.at(step), whole.at(step));
  resumed.changes.push_back({150, 300});
  EXPECT_EQ(resumed.at(150), whole.at(150)) << "a budget's change goes on from there";
  EXPECT_NEAR(resumed.at(300), 0, 1e-12);
}

TEST(ScheduleChanges, OfOneStepAreOne) {
  std::vector<ScheduleChange> changes = {{0, 20}};
  add_change(changes, {20, 40, true});
  add_change(changes, {20, 50});
  EXPECT_EQ(changes, (std::vector<ScheduleChange>{{0, 20}, {20, 50, true}}));
}

// A run that repeats another and gets a new length on its way.
TEST(ScheduleChanges, TakeThePlaceOfThoseToCome) {
  std::vector<ScheduleChange> changes = {{0, 20}, {10, 30}, {25, 40, true}};
  add_change(changes, {5, 12, true});
  EXPECT_EQ(changes, (std::vector<ScheduleChange>{{0, 20}, {5, 12, true}}));
  EXPECT_EQ(read_changes(changes_text(changes)), changes);
}

TEST(ScheduleChanges, AreReadAsTheyAreWritten) {
  const std::vector<ScheduleChange> changes = {{0, 20}, {100, 950}, {400, 900, true}};
  EXPECT_EQ(changes_text(changes), "0:20,100:950,400=900");
  EXPECT_EQ(read_changes(changes_text(changes)), changes);
  EXPECT_TRUE(read_changes("").empty());
}

TEST(ScheduleChanges, AreRefusedWhereTheyMakeNoSense) {
  for (const char* text :
       {"1", "1:", ":5", "1:2,", "1:2,,3:4", "a:b", "5:5", "5:4", "5:9,5:10", "5:9,4:10", "5=9=10",
        "5:=9", "-1:5", "1:2x", "1:99999999999999999999"}) {
    EXPECT_THROW(read_changes(text), Error) << text;
  }
}

// char-rnn multiplies at the end of each epoch from the tenth on, so the eleventh has the first
// decay.
TEST(Schedule, StepDecaysEachEpochAfterTheTenthAsCharRnnDoes) {
  const Schedule schedule{.kind = ScheduleKind::kStep,
                          .learning_rate = 2e-3,
                          .total_steps = 5000,
                          .steps_per_epoch = 100};
  EXPECT_DOUBLE_EQ(schedule.at(0), 2e-3);
  EXPECT_DOUBLE_EQ(schedule.at(999), 2e-3);
  EXPECT_DOUBLE_EQ(schedule.at(1000), 2e-3 * 0.97);
  EXPECT_DOUBLE_EQ(schedule.at(1100), 2e-3 * 0.97 * 0.97);
  EXPECT_DOUBLE_EQ(schedule.at(4999), 2e-3 * std::pow(0.97, 40));
}

TEST(Schedule, StepDecaysEveryFewEpochs) {
  const Schedule schedule{.kind = ScheduleKind::kStep,
                          .learning_rate = 1,
                          .total_steps = 1000,
                          .steps_per_epoch = 10,
                          .decay = 0.5,
                          .decay_after = 5,
                          .decay_every = 5};
  EXPECT_EQ(schedule.at(49), 1);
  EXPECT_EQ(schedule.at(50), 0.5);
  EXPECT_EQ(schedule.at(99), 0.5);
  EXPECT_EQ(schedule.at(100), 0.25);
}

}  // namespace
}  // namespace charrnn
