#include "train/control/divergence_guard.h"

#include <gtest/gtest.h>

#include <cmath>

#include "train/testing/trainer_fixture.h"

namespace charrnn {
namespace {

using Comparison = DivergenceGuard::Comparison;
using Verdict = DivergenceGuard::Verdict;

constexpr double kFirst = 4.2;

// An engine with the weights of a run that has learned a little, and a batch of its text.
struct GuardTest : testing::Test {
  GuardTest() : run(small_settings()) {
    run.run();
    run.engine->store(learned);
    run.plan.batches->fill(0, ids);
  }
  Batch batch() {
    return {.steps = run.plan.batches->steps(),
            .streams = run.plan.batches->streams(),
            .inputs = ids.inputs,
            .targets = ids.targets};
  }
  // Steps that go on with this loss: the first spike, if any.
  static Spike stepped(DivergenceGuard& guard, double loss, int steps) {
    for (int i = 0; i < steps; ++i) {
      const Spike spike = guard.stepped(loss, 0.4, kFirst);
      if (spike != Spike::kNone) return spike;
    }
    return Spike::kNone;
  }
  // Every weight multiplied.
  void scale_weights(float factor) {
    Parameters weights = learned.weights;
    for (float& weight : weights.values()) weight *= factor;
    run.engine->load_part(SnapshotPart::kWeights, weights);
  }

  SmallRun run;
  Snapshot learned;
  BatchIds ids;
};

TEST_F(GuardTest, JudgesAStepThatFailedAsItIsToldTo) {
  DivergenceGuard stop(*run.engine, OnNan::kStop, false);
  EXPECT_EQ(stop.failed(), Verdict::kDiverged);
  DivergenceGuard skip(*run.engine, OnNan::kSkip, false);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(skip.failed(), Verdict::kLeaveOut);
  stepped(skip, 1.5, 1);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(skip.failed(), Verdict::kLeaveOut) << "in a row";
  EXPECT_EQ(skip.failed(), Verdict::kDiverged);
  DivergenceGuard back(*run.engine, OnNan::kRollback, false);
  back.start();
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(back.failed(), Verdict::kRollBack);
    back.roll_back();
  }
  EXPECT_EQ(back.failed(), Verdict::kDiverged);
  EXPECT_EQ(back.state().learning_rate_scale, 1.0 / 256);
}

TEST_F(GuardTest, RestoresWeightsMomentsAndTheNumberOfUpdates) {
  DivergenceGuard guard(*run.engine, OnNan::kRollback, false);
  guard.start();
  stepped(guard, 1.5, 8);
  guard.remember(30, 28, kFirst);
  scale_weights(3);
  run.engine->load_part(SnapshotPart::kSecondMoment, learned.weights);
  EXPECT_EQ(guard.roll_back(), 28);
  Snapshot now;
  run.engine->store(now);
  EXPECT_TRUE(std::ranges::equal(now.weights.values(), learned.weights.values()));
  EXPECT_TRUE(std::ranges::equal(now.second_moment.values(), learned.second_moment.values()));
}

TEST_F(GuardTest, RemembersNothingWhileLossesRise) {
  DivergenceGuard guard(*run.engine, OnNan::kRollback, false);
  guard.start();
  stepped(guard, 1.5, 50);
  guard.remember(50, 50, kFirst);
  stepped(guard, 6, 3);
  guard.remember(53, 53, kFirst);
  EXPECT_EQ(guard.state().good_step, 50);
}

// The step that failed ends a rise: that is over with the rollback, and is not charged again.
TEST_F(GuardTest, ForgetsTheRiseBeforeAStepThatFailed) {
  DivergenceGuard guard(*run.engine, OnNan::kRollback, false);
  guard.start();
  stepped(guard, 1.5, 50);
  EXPECT_EQ(stepped(guard, 6, 3), Spike::kNone);
  ASSERT_EQ(guard.failed(), Verdict::kRollBack);
  guard.roll_back();
  EXPECT_EQ(stepped(guard, 6, 1), Spike::kNone);
  EXPECT_EQ(stepped(guard, 1.5, 50), Spike::kNone);
}

TEST_F(GuardTest, ComparesWithTheGoodWeightsOnTheSameBatchAndChangesNothing) {
  DivergenceGuard guard(*run.engine, OnNan::kRollback, false);
  guard.start();
  EXPECT_EQ(guard.compare_with_good(batch()), Comparison::kAlike) << "the same weights";
  scale_weights(40);
  Snapshot before, after;
  run.engine->store(before);
  EXPECT_EQ(guard.compare_with_good(batch()), Comparison::kWorse);
  run.engine->store(after);
  EXPECT_TRUE(std::ranges::equal(before.weights.values(), after.weights.values()));
  EXPECT_TRUE(std::ranges::equal(before.first_moment.values(), after.first_moment.values()));
  guard.start();  // with these as the good ones
  run.engine->load(learned);
  EXPECT_EQ(guard.compare_with_good(batch()), Comparison::kBetter);
}

TEST_F(GuardTest, TakesALossThatIsNotANumberForWorse) {
  DivergenceGuard guard(*run.engine, OnNan::kRollback, false);
  guard.start();
  scale_weights(NAN);
  EXPECT_EQ(guard.compare_with_good(batch()), Comparison::kWorse);
}

TEST_F(GuardTest, AcceptsAHarderTextAsTheLevelOfWhatFollows) {
  DivergenceGuard guard(*run.engine, OnNan::kRollback, false);
  guard.start();
  stepped(guard, 0.01, 60);
  EXPECT_EQ(stepped(guard, 3, 8), Spike::kLoss);
  guard.accept();
  EXPECT_EQ(stepped(guard, 3, 200), Spike::kNone);
  EXPECT_EQ(stepped(guard, 30, 8), Spike::kLoss);
}

TEST_F(GuardTest, WatchesWhereItMattersAlone) {
  DivergenceGuard stop(*run.engine, OnNan::kStop, false), abort(*run.engine, OnNan::kStop, true);
  for (DivergenceGuard* guard : {&stop, &abort}) {
    guard->start();
    stepped(*guard, 1.5, 50);
  }
  EXPECT_EQ(stepped(stop, 30, 8), Spike::kNone);
  EXPECT_EQ(stepped(abort, 30, 8), Spike::kLoss);
  EXPECT_EQ(abort.exploded(), Verdict::kDiverged);
}

TEST_F(GuardTest, GoesOnFromItsState) {
  DivergenceGuard whole(*run.engine, OnNan::kRollback, false);
  whole.start();
  stepped(whole, 1.5, 50);
  whole.failed();
  whole.roll_back();
  DivergenceGuard resumed(*run.engine, OnNan::kRollback, false);
  resumed.resume(whole.state(), whole.good(), 51, 50);
  EXPECT_EQ(resumed.state().rollbacks, 1);
  EXPECT_EQ(resumed.state().good_step, 0);
  EXPECT_EQ(resumed.state().recent.losses, whole.state().recent.losses);
  EXPECT_EQ(stepped(resumed, 6, 8), stepped(whole, 6, 8));
}

// A run that begins to be watched when it is resumed.
TEST_F(GuardTest, TakesTheWeightsOfACheckpointWithoutGoodOnesForGood) {
  DivergenceGuard guard(*run.engine, OnNan::kRollback, false);
  guard.resume({}, {}, 3, 2);
  scale_weights(3);
  EXPECT_EQ(guard.roll_back(), 2);
  Snapshot now;
  run.engine->store(now);
  EXPECT_TRUE(std::ranges::equal(now.weights.values(), learned.weights.values()));
}

}  // namespace
}  // namespace charrnn
