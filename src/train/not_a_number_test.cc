// What a run does when a step's loss is not a number.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "engine/reference/reference_network.h"
#include "train/testing/trainer_fixture.h"

namespace charrnn {
namespace {

// A network whose steps of these numbers (from 1) have a loss that is not a number.
class FailingNetwork : public reference::ReferenceNetwork {
 public:
  FailingNetwork(const ModelConfig& config, std::set<int64_t> bad)
      : ReferenceNetwork(config), bad_(std::move(bad)) {}

  StepResult train_step(const Batch& batch, State& state, const Update& update) override {
    learning_rates.push_back(update.learning_rate);
    updates.push_back(update.step);
    if (bad_.contains(static_cast<int64_t>(batch.dropout.step) + 1)) return {NAN, NAN, false};
    return ReferenceNetwork::train_step(batch, state, update);
  }
  double gradient(const Batch& batch, State& state, Parameters& gradient) override {
    const double loss = ReferenceNetwork::gradient(batch, state, gradient);
    gradient.weight_hh(1)[0] = NAN;
    return loss;
  }

  std::vector<float> learning_rates;
  std::vector<int64_t> updates;  // as Adam's bias correction counts them

 private:
  std::set<int64_t> bad_;
};

struct FailingRun : SmallRun {
  FailingRun(const TrainingSettings& wanted, std::set<int64_t> bad)
      : SmallRun(wanted), failing(plan.config, std::move(bad)) {
    TrainingParts failing_parts = parts();
    begin_with({.engine = failing,
                .batches = failing_parts.batches,
                .validation = failing_parts.validation,
                .vocabulary = failing_parts.vocabulary,
                .settings = settings,
                .setting_values = {},
                .seed = 7,
                .corpus_hash = corpus.hash,
                .store = &store});
  }
  FailingNetwork failing;
};

TrainingSettings settings_with(OnNan on_nan) {
  TrainingSettings settings = small_settings();
  settings.on_nan = on_nan;
  return settings;
}

TEST(NotANumber, StopsTheRunNamesTheTensorAndKeepsTheBestModel) {
  FailingRun run(settings_with(OnNan::kStop), {10});
  try {
    run.run();
    FAIL() << "it must stop";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kDiverged);
    const std::string message = error.what();
    EXPECT_NE(message.find("the gradient of rnn.weight_hh_l1"), std::string::npos) << message;
    EXPECT_NE(message.find("step 10"), std::string::npos) << message;
    EXPECT_NE(error.hint().find("best model so far is kept: step 8"), std::string::npos)
        << error.hint();
  }
  EXPECT_EQ(run.trainer->progress().step, 9);
  ASSERT_FALSE(run.store.models.empty());
  EXPECT_EQ(run.store.models.back().facts.at("steps"), "8");
}

TEST(NotANumber, KeepsTheLastGoodWeightsWhereNothingWasValidatedYet) {
  FailingRun run(settings_with(OnNan::kStop), {3});
  EXPECT_THROW(run.run(), Error);
  ASSERT_EQ(run.store.models.size(), 1u);
  EXPECT_EQ(run.store.models[0].facts.at("steps"), "2");
}

TEST(NotANumber, IsLeftOutWhereAskedAndTheRunEnds) {
  FailingRun run(settings_with(OnNan::kSkip), {5, 6, 20});
  EXPECT_EQ(run.run(), StopReason::kSteps);
  EXPECT_EQ(run.trainer->divergence().skipped_steps, 3);
  EXPECT_EQ(run.trainer->progress().step, run.settings.steps);
  ASSERT_EQ(run.observer.warnings.size(), 3u);
  EXPECT_NE(run.observer.warnings[0].find("step 5"), std::string::npos);
  EXPECT_TRUE(std::isfinite(run.trainer->progress().train_loss));
}

TEST(NotANumber, IsNotLeftOutForEver) {
  std::set<int64_t> all;
  for (int64_t i = 5; i < 100; ++i) all.insert(i);
  FailingRun run(settings_with(OnNan::kSkip), all);
  EXPECT_THROW(run.run(), Error);
}

TEST(NotANumber, RollsBackToTheLastGoodWeightsWithHalfTheLearningRate) {
  FailingRun run(settings_with(OnNan::kRollback), {10});
  EXPECT_EQ(run.run(), StopReason::kSteps);
  EXPECT_FLOAT_EQ(run.failing.learning_rates[9], 0.02f);
  EXPECT_FLOAT_EQ(run.failing.learning_rates[10], 0.01f);
  EXPECT_EQ(run.trainer->divergence().rollbacks, 1);
  EXPECT_NE(run.observer.warnings.at(0).find("back to the weights of step 8"), std::string::npos);
  // As if steps 9 and 10 had not been learned from: the moments are those of step 8 too.
  FailingRun calm(settings_with(OnNan::kRollback), {});
  calm.observer.stop_at = 8;
  calm.run();
  Snapshot good = calm.trainer->checkpoint().snapshot, at_step_10;
  FailingRun stopped(settings_with(OnNan::kRollback), {10});
  stopped.observer.stop_at = 10;
  stopped.run();
  stopped.failing.store(at_step_10);
  EXPECT_TRUE(std::ranges::equal(at_step_10.weights.values(), good.weights.values()));
  EXPECT_TRUE(std::ranges::equal(at_step_10.second_moment.values(), good.second_moment.values()));
}

TEST(NotANumber, IsNoUpdateForAdamsBiasCorrection) {
  FailingRun skipped(settings_with(OnNan::kSkip), {5, 6});
  skipped.run();
  const std::vector<int64_t> left_out = {1, 2, 3, 4, 5, 5, 5, 6, 7};
  EXPECT_TRUE(std::ranges::equal(std::span(skipped.failing.updates).first(9), left_out));
  FailingRun rolled(settings_with(OnNan::kRollback), {11});
  rolled.run();
  const std::vector<int64_t> back = {8, 9, 10, 11, 9, 10, 11};  // to the moments of step 8
  EXPECT_TRUE(std::ranges::equal(std::span(rolled.failing.updates).subspan(7, 7), back));
}

// An update after a rollback is no larger than the learning rate, as Adam's first one is: the bias
// correction fits the moments that are restored.
TEST(NotANumber, IsFollowedByAnUpdateOfTheUsualSize) {
  TrainingSettings settings = settings_with(OnNan::kRollback);
  settings.evaluate_every = 1000;
  settings.steps = 401;
  FailingRun run(settings, {400});
  run.run();
  Parameters initial(run.plan.config);
  MersenneTwister generator(7);
  fill_like_pytorch(initial, generator);
  const Parameters end = run.trainer->checkpoint().snapshot.weights;
  float change = 0;
  for (size_t i = 0; i < end.values().size(); ++i) {
    change = std::max(change, std::abs(end.values()[i] - initial.values()[i]));
  }
  EXPECT_LE(change, 1.01f * 0.01f) << "one step of half the learning rate";
}

TEST(NotANumber, RollsBackToTheFirstWeightsBeforeTheFirstValidation) {
  FailingRun run(settings_with(OnNan::kRollback), {2});
  EXPECT_EQ(run.run(), StopReason::kSteps);
  EXPECT_NE(run.observer.warnings.at(0).find("back to the weights of step 0"), std::string::npos);
}

TEST(NotANumber, GivesUpAfterEightRollbacks) {
  std::set<int64_t> bad;
  for (int64_t i = 5; i < 25; i += 2) bad.insert(i);
  FailingRun run(settings_with(OnNan::kRollback), bad);
  EXPECT_THROW(run.run(), Error);
  EXPECT_EQ(run.trainer->divergence().rollbacks, 8);
  EXPECT_EQ(run.trainer->progress().step, 20);
  EXPECT_EQ(run.observer.warnings.size(), 8u);
}

TEST(NotANumber, RollsBackInTheSameWayAfterAResume) {
  TrainingSettings settings = settings_with(OnNan::kRollback);
  settings.checkpoint_every = 1;
  FailingRun unbroken(settings, {10, 15});
  unbroken.run();
  for (const size_t from : {2u, 8u, 9u, 13u, 15u}) {
    FailingRun resumed(settings, {10, 15});
    resumed.resume(unbroken.store.checkpoints[from]);
    EXPECT_EQ(resumed.trainer->progress().train_loss, unbroken.trainer->progress().train_loss)
        << "from " << from;
    EXPECT_TRUE(std::ranges::equal(resumed.trainer->checkpoint().snapshot.weights.values(),
                                   unbroken.trainer->checkpoint().snapshot.weights.values()))
        << "from " << from;
  }
}

// A learning rate that is far too high, and nothing else wrong.
TrainingSettings exploding_settings(OnNan on_nan) {
  TrainingSettings settings = settings_with(on_nan);
  settings.steps = 200;
  settings.learning_rate = 2;
  return settings;
}

TEST(Explosion, IsRolledBackUntilTheLearningRateIsRight) {
  SmallRun run(exploding_settings(OnNan::kRollback));
  EXPECT_EQ(run.run(), StopReason::kSteps);
  const TrainingProgress& progress = run.trainer->progress();
  EXPECT_GE(run.trainer->divergence().rollbacks, 1);
  EXPECT_LT(progress.train_loss, progress.first_loss);
  ASSERT_FALSE(run.observer.warnings.empty());
  EXPECT_NE(run.observer.warnings[0].find("the loss has risen to"), std::string::npos);
  EXPECT_NE(run.observer.warnings[0].find("with half the learning rate"), std::string::npos);
  EXPECT_EQ(progress.learning_rate, 2 / std::pow(2.0, run.trainer->divergence().rollbacks));
}

TEST(Explosion, IsRolledBackInTheSameWayAfterAResume) {
  TrainingSettings settings = exploding_settings(OnNan::kRollback);
  settings.checkpoint_every = 1;
  SmallRun unbroken(settings);
  unbroken.run();
  for (const size_t from : {3u, 7u, 20u, 60u}) {
    SmallRun resumed(settings);
    resumed.resume(unbroken.store.checkpoints[from]);
    EXPECT_EQ(resumed.trainer->divergence().rollbacks, unbroken.trainer->divergence().rollbacks);
    EXPECT_TRUE(std::ranges::equal(resumed.trainer->checkpoint().snapshot.weights.values(),
                                   unbroken.trainer->checkpoint().snapshot.weights.values()))
        << "from " << from;
  }
}

TEST(Explosion, EndsTheRunWhereAsked) {
  TrainingSettings settings = exploding_settings(OnNan::kStop);
  settings.abort_on_explode = true;
  SmallRun run(settings);
  try {
    run.run();
    FAIL() << "it must stop";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kDiverged);
    EXPECT_NE(std::string(error.what()).find("the loss"), std::string::npos);
  }
}

TEST(Explosion, IsGivenUpAfterEightRollbacks) {
  TrainingSettings settings = exploding_settings(OnNan::kRollback);
  settings.learning_rate = 1e5;
  SmallRun run(settings);
  EXPECT_THROW(run.run(), Error);
  EXPECT_EQ(run.trainer->divergence().rollbacks, 8);
  EXPECT_EQ(run.store.models.back().facts.at("steps"),
            std::to_string(run.trainer->progress().best_step));
}

}  // namespace
}  // namespace charrnn
