// Runs that are resumed with another length or a time budget.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "train/testing/trainer_fixture.h"

namespace charrnn {
namespace {

TrainingSettings cosine_settings(int64_t steps) {
  TrainingSettings settings = small_settings();
  settings.schedule = ScheduleKind::kCosine;
  settings.average_decay = 0.9;
  settings.output_dropout = 0.2;
  settings.steps = steps;
  return settings;
}

TrainingSettings timed_settings(double seconds) {
  TrainingSettings settings = cosine_settings(0);
  settings.time_budget = seconds;
  return settings;
}

// The checkpoint of a run after so many of its steps.
Checkpoint stopped_at(const TrainingSettings& settings, int64_t step, int64_t planned = 0) {
  SmallRun run(settings);
  if (planned > 0) run.plan.total_steps = planned;
  run.observer.stop_at = step;
  run.run();
  return run.store.checkpoints.back();
}

bool same_weights(SmallRun& a, SmallRun& b) {
  return std::ranges::equal(a.trainer->checkpoint().snapshot.weights.values(),
                            b.trainer->checkpoint().snapshot.weights.values());
}

TEST(Sittings, ABudgetIsOfThisSitting) {
  Checkpoint checkpoint = stopped_at(cosine_settings(400), 20);
  checkpoint.progress.seconds = 1000;
  SmallRun resumed(timed_settings(0.5));
  EXPECT_EQ(resumed.resume(checkpoint), StopReason::kTime);
  const TrainingProgress& progress = resumed.trainer->progress();
  EXPECT_GT(progress.step, 21);
  EXPECT_GT(progress.seconds, 1000.2);
  EXPECT_LT(progress.learning_rate, 0.3 * 0.02) << "the schedule ends with the run";
}

TEST(Sittings, MakeAStepHoweverLongItTookToBegin) {
  const Checkpoint checkpoint = stopped_at(cosine_settings(400), 20);
  SmallRun resumed(timed_settings(0.5));
  TrainingParts parts = resumed.parts();
  parts.seconds_spent = 3;
  resumed.begin_with(parts);
  EXPECT_EQ(resumed.resume(checkpoint), StopReason::kTime);
  EXPECT_GE(resumed.trainer->progress().step, 21);
}

TEST(Sittings, ABudgetsRunEndsWithAllOfItsStepsDone) {
  SmallRun run(timed_settings(0.2));
  run.plan.total_steps = 1000000;
  EXPECT_EQ(run.run(), StopReason::kTime);
  const Checkpoint end = run.store.checkpoints.back();
  EXPECT_EQ(end.progress.total_steps, end.progress.step);
  SmallRun again(timed_settings(0));
  again.plan.total_steps = end.progress.total_steps;
  again.resume(end);
  EXPECT_TRUE(again.observer.losses.empty());
}

// Stopped within a budget, and then without one: to the planned end, not beyond it.
TEST(Sittings, GoOnToThePlannedEndWithoutABudget) {
  const Checkpoint checkpoint = stopped_at(timed_settings(1000), 9, 40);
  ASSERT_EQ(checkpoint.progress.total_steps, 40);
  SmallRun resumed(timed_settings(0));
  resumed.plan.total_steps = 40;
  resumed.resume(checkpoint);
  EXPECT_EQ(resumed.trainer->progress().step, 40);
  EXPECT_EQ(resumed.trainer->progress().changes, checkpoint.progress.changes);
  SmallRun unbroken(cosine_settings(40));
  unbroken.run();
  EXPECT_TRUE(same_weights(resumed, unbroken));
}

TEST(Sittings, ANewLengthIsAChangeOfTheSchedule) {
  const Checkpoint finished = stopped_at(cosine_settings(25), -1);
  ASSERT_EQ(finished.progress.step, 25);
  SmallRun longer(cosine_settings(50));
  longer.resume(finished);
  const TrainingProgress& progress = longer.trainer->progress();
  EXPECT_EQ(progress.changes, (std::vector<ScheduleChange>{{0, 25}, {25, 50, true}}));
  const double rate = 0.02 * (1 + std::cos(M_PI / 2)) / 2;  // half of the way
  EXPECT_NEAR(longer.store.reports.front().learning_rate, rate, 0.003);

  TrainingSettings repeated = cosine_settings(50);
  repeated.schedule_changes = changes_text(progress.changes);
  SmallRun again(repeated);
  again.run();
  EXPECT_TRUE(same_weights(again, longer)) << "its changes repeat it";
}

// The end of the first sitting is between two validations, and has the best one: the rate rises
// again after it.
TEST(Sittings, WhatWasBestAtAnEndIsBestInTheRepetition) {
  TrainingSettings settings = cosine_settings(25);
  settings.evaluate_every = 10;
  const Checkpoint finished = stopped_at(settings, -1);
  ASSERT_EQ(finished.progress.best_step, 25);
  settings.steps = 50;
  SmallRun longer(settings);
  longer.resume(finished);
  settings.schedule_changes = changes_text(longer.trainer->progress().changes);
  SmallRun again(settings);
  again.run();
  const auto validated = [](const SmallRun& run) {
    std::vector<int64_t> steps;
    for (const Report& report : run.store.reports) {
      if (!std::isnan(report.validation_loss)) steps.push_back(report.step);
    }
    return steps;
  };
  EXPECT_EQ(validated(again), (std::vector<int64_t>{10, 20, 25, 30, 40, 50}));
  EXPECT_EQ(again.trainer->progress().best_step, longer.trainer->progress().best_step);
  EXPECT_EQ(again.trainer->progress().best_validation_loss,
            longer.trainer->progress().best_validation_loss);
}

TEST(Sittings, AFinishedRunWithABudgetLearnsAtMoreThanTheFloorOfTheRate) {
  const Checkpoint finished = stopped_at(cosine_settings(100), -1);
  SmallRun resumed(timed_settings(0.3));
  resumed.resume(finished);
  const TrainingProgress& progress = resumed.trainer->progress();
  EXPECT_GT(progress.step, 100);
  ASSERT_GE(progress.changes.size(), 2u);
  EXPECT_TRUE(progress.changes[1].anew);
  EXPECT_GT(resumed.store.reports.front().learning_rate, 1e-6);
}

TEST(Sittings, WithABudgetAreRepeatedByTheirStepsAndChanges) {
  const Checkpoint checkpoint = stopped_at(timed_settings(1000), 9, 400);
  SmallRun resumed(timed_settings(0.3));
  EXPECT_EQ(resumed.resume(checkpoint), StopReason::kTime);
  const TrainingProgress& progress = resumed.trainer->progress();
  TrainingSettings repeated = cosine_settings(progress.step);
  repeated.schedule_changes = changes_text(progress.changes);
  SmallRun again(repeated);
  again.run();
  EXPECT_TRUE(same_weights(again, resumed));
}

TEST(Sittings, EndAtTheStepsAskedForWhereTheyComeBeforeTheBudgetIsOver) {
  SmallRun run(timed_settings(1000));
  TrainingParts parts = run.parts();
  parts.max_steps = 30;
  run.begin_with(parts);
  run.plan.total_steps = 30;
  EXPECT_NE(run.run(), StopReason::kTime);
  EXPECT_EQ(run.trainer->progress().step, 30);
}

TEST(Sittings, AShorterLengthThanIsDoneIsTheOneThatIsDone) {
  const Checkpoint finished = stopped_at(cosine_settings(25), -1);
  SmallRun shorter(cosine_settings(10));
  shorter.resume(finished);
  EXPECT_EQ(shorter.trainer->progress().step, 25);
  EXPECT_EQ(shorter.trainer->progress().total_steps, 25);
  EXPECT_TRUE(shorter.trainer->is_finished());
}

TEST(Sittings, ARunThatStoppedEarlyIsFinishedUntilItsPatienceIsLonger) {
  TrainingSettings settings = small_settings();
  settings.steps = 1000;
  settings.patience = 2;
  settings.learning_rate = 1e-9;
  SmallRun run(settings);
  ASSERT_EQ(run.run(), StopReason::kEarly);
  const Checkpoint stopped = run.store.checkpoints.back();
  SmallRun again(settings);
  EXPECT_EQ(again.resume(stopped), StopReason::kEarly);
  EXPECT_TRUE(again.trainer->is_finished());
  EXPECT_TRUE(again.observer.losses.empty());
  settings.patience = 4;
  SmallRun longer(settings);
  EXPECT_EQ(longer.resume(stopped), StopReason::kEarly);
  EXPECT_EQ(longer.observer.losses.size(), 8u) << "two validations more";
}

}  // namespace
}  // namespace charrnn
