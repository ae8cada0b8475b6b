// What a run does when a step's loss is not a number.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "train/trainer_fixture.h"

namespace charrnn {
namespace {

// An engine whose steps of these numbers (from 1) have a loss that is not a number.
class FailingEngine : public Engine {
 public:
  FailingEngine(Engine& engine, std::set<int64_t> bad) : engine_(engine), bad_(std::move(bad)) {}

  StepResult train_step(const Batch& batch, State& state, const Update& update) override {
    learning_rates.push_back(update.learning_rate);
    if (bad_.contains(update.step)) return {NAN, NAN, false};
    return engine_.train_step(batch, state, update);
  }
  const ModelConfig& config() const override { return engine_.config(); }
  EngineInfo info() const override { return engine_.info(); }
  void load(const Snapshot& snapshot) override { engine_.load(snapshot); }
  void store(Snapshot& snapshot) const override { engine_.store(snapshot); }
  std::unique_ptr<State> new_state(int streams) const override {
    return engine_.new_state(streams);
  }
  double gradient(const Batch& batch, State& state, const Dropout& dropout,
                  Parameters& gradient) override {
    const double loss = engine_.gradient(batch, state, dropout, gradient);
    gradient.weight_hh(1)[0] = NAN;
    return loss;
  }
  void advance(std::span<const int32_t> ids, State& state, std::span<float> logits,
               std::span<const Hold> holds) override {
    engine_.advance(ids, state, logits, holds);
  }
  double evaluate(std::span<const int32_t> ids, State& state, std::span<float> surprise) override {
    return engine_.evaluate(ids, state, surprise);
  }
  void trace(std::span<const int32_t> ids, State& state, Trace& trace) override {
    engine_.trace(ids, state, trace);
  }
  std::vector<float> sensitivity(std::span<const int32_t> ids, int32_t target) override {
    return engine_.sensitivity(ids, target);
  }

  std::vector<float> learning_rates;

 private:
  Engine& engine_;
  std::set<int64_t> bad_;
};

struct FailingRun : SmallRun {
  FailingRun(const TrainingSettings& wanted, std::set<int64_t> bad)
      : SmallRun(wanted), failing(*engine, std::move(bad)) {
    trainer = std::make_unique<Trainer>(TrainingParts{.engine = failing,
                                                      .batches = *plan.batches,
                                                      .validation = plan.parts.validation,
                                                      .vocabulary = corpus.vocabulary,
                                                      .settings = settings,
                                                      .setting_values = {},
                                                      .seed = 7,
                                                      .corpus_hash = corpus.hash,
                                                      .store = &store},
                                        observer);
  }
  FailingEngine failing;
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
  EXPECT_EQ(run.trainer->progress().skipped_steps, 3);
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

TEST(NotANumber, RollsBackToTheBestWeightsWithHalfTheLearningRate) {
  FailingRun run(settings_with(OnNan::kRollback), {10});
  EXPECT_EQ(run.run(), StopReason::kSteps);
  EXPECT_FLOAT_EQ(run.failing.learning_rates[9], 0.02f);
  EXPECT_FLOAT_EQ(run.failing.learning_rates[10], 0.01f);
  EXPECT_EQ(run.trainer->progress().rollbacks, 1);
  EXPECT_NE(run.observer.warnings.at(0).find("back to the weights of step 8"), std::string::npos);
}

TEST(NotANumber, RollsBackInTheSameWayAfterAResume) {
  TrainingSettings settings = settings_with(OnNan::kRollback);
  settings.checkpoint_every = 1;
  FailingRun unbroken(settings, {10, 15});
  unbroken.run();
  for (const size_t from : {3u, 9u, 10u, 16u}) {
    FailingRun resumed(settings, {10, 15});
    resumed.resume(unbroken.store.checkpoints[from]);
    EXPECT_EQ(resumed.trainer->progress().train_loss, unbroken.trainer->progress().train_loss)
        << "from " << from;
  }
}

}  // namespace
}  // namespace charrnn
