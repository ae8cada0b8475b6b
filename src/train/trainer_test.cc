#include "train/trainer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "train/testing/trainer_fixture.h"
#include "train/validation.h"

namespace charrnn {
namespace {

TEST(Trainer, LearnsAndKeepsTheModelOfTheBestValidation) {
  TrainingSettings settings = small_settings();
  settings.steps = 120;
  SmallRun run(settings);
  EXPECT_EQ(run.run(), StopReason::kSteps);
  const TrainingProgress& progress = run.trainer->progress();
  EXPECT_LT(progress.train_loss, progress.first_loss - 0.3);
  double best = INFINITY;
  for (const Report& report : run.store.reports) best = std::fmin(best, report.validation_loss);
  EXPECT_EQ(progress.best_validation_loss, best);
  run.engine->load_weights(run.store.models.back().weights);
  EXPECT_EQ(validation_loss(*run.engine, run.plan.parts.validation).mean, best)
      << "the saved model is the one that was measured";
}

TEST(Trainer, ValidatesTheAverageWhereOneIsKept) {
  TrainingSettings settings = small_settings();
  settings.average_decay = 0.9;
  SmallRun run(settings);
  run.run();
  const Checkpoint end = run.trainer->checkpoint();
  run.engine->load_weights(end.snapshot.ema);
  EXPECT_EQ(validation_loss(*run.engine, run.plan.parts.validation).mean,
            run.store.reports.back().validation_loss);
}

TEST(Trainer, ReportsAtTheStepsAskedForAndAtTheEnd) {
  TrainingSettings settings = small_settings();
  settings.steps = 10;
  settings.report_every = 4;
  settings.evaluate_every = 6;
  SmallRun run(settings);
  run.run();
  std::vector<int64_t> steps;
  for (const Report& report : run.store.reports) steps.push_back(report.step);
  EXPECT_EQ(steps, (std::vector<int64_t>{4, 6, 8, 10}));
  EXPECT_TRUE(std::isnan(run.store.reports[0].validation_loss));
  EXPECT_TRUE(std::isfinite(run.store.reports[1].validation_loss));
  double sum = 0;
  for (int i = 0; i < 4; ++i) sum += run.observer.losses[i];
  EXPECT_DOUBLE_EQ(run.store.reports[0].train_loss, sum / 4);
}

TEST(Trainer, TheReportedSpeedIsThatOfTheStepsAlone) {
  TrainingSettings settings = small_settings();
  settings.steps = 4;
  settings.report_every = 2;
  settings.sample_every = 1;
  SmallRun run(settings);
  run.observer.sample_takes = std::chrono::milliseconds(150);
  run.run();
  const Report& last = run.store.reports.back();
  const double elapsed = last.seconds - run.store.reports.front().seconds;
  ASSERT_GT(elapsed, 0.15);
  const double characters = 2.0 * settings.batch_size * settings.sequence_length;
  EXPECT_LT(characters / last.characters_per_second, elapsed / 2);
}

TEST(Trainer, SmoothsTheTargetsWhereAskedAndReportsTheLossOfTheText) {
  TrainingSettings settings = small_settings();
  settings.steps = 2;
  settings.report_every = 1;
  SmallRun plain(settings);
  settings.label_smoothing = 0.5;
  SmallRun smoothed(settings);
  plain.run();
  smoothed.run();
  EXPECT_EQ(smoothed.observer.losses[0], plain.observer.losses[0]) << "before anything is learned";
  EXPECT_NE(smoothed.observer.losses[1], plain.observer.losses[1]);
}

TEST(Trainer, CountsEpochsAndBeginsEachWithAStateOfZero) {
  TrainingSettings settings = small_settings();
  settings.steps = 0;
  settings.epochs = 2;
  settings.learning_rate = 1e-12;  // weights stay as they are
  settings.grad_clip = 0;
  settings.stream_offset = false;
  SmallRun run(settings);
  EXPECT_EQ(run.run(), StopReason::kEpochs);
  const int64_t per_epoch = run.plan.batches->batches_per_epoch();
  ASSERT_EQ(run.trainer->progress().step, 2 * per_epoch);
  for (int64_t i = 0; i < per_epoch; ++i) {
    EXPECT_NEAR(run.observer.losses[i], run.observer.losses[per_epoch + i], 1e-6);
  }
}

TEST(Trainer, BeginsStreamsElsewhereInEachEpochOnEveryEngine) {
  TrainingSettings settings = small_settings();
  settings.steps = 0;
  settings.epochs = 8;
  settings.learning_rate = 1e-12;  // weights stay as they are
  settings.grad_clip = 0;
  SmallRun run(settings), on_cpu(settings, Device::kCpu);
  run.run();
  on_cpu.run();
  const auto per_epoch = static_cast<size_t>(run.plan.batches->batches_per_epoch());
  ASSERT_EQ(run.observer.losses.size(), 8 * per_epoch);
  std::set<int64_t> first_losses;  // rounded: those of one offset differ in their last digits
  for (size_t epoch = 0; epoch < 8; ++epoch) {
    first_losses.insert(std::llround(1e5 * run.observer.losses[epoch * per_epoch]));
  }
  EXPECT_GE(first_losses.size(), 4u);
  for (size_t i = 0; i < run.observer.losses.size(); ++i) {
    EXPECT_NEAR(run.observer.losses[i], on_cpu.observer.losses[i], 1e-5);
  }
}

TEST(Trainer, StopsEarlyWhenValidationNoLongerGains) {
  TrainingSettings settings = small_settings();
  settings.steps = 1000;
  settings.patience = 2;
  settings.learning_rate = 1.5;  // far too high to gain for long
  SmallRun run(settings);
  EXPECT_EQ(run.run(), StopReason::kEarly);
  EXPECT_LT(run.trainer->progress().step, 1000);
  EXPECT_EQ(run.trainer->early_stopping().losses_without_gain, 2);
}

// Nothing is held out, and the learning rate is too small for the training loss to gain.
TEST(Trainer, StopsEarlyWhenTheTrainingLossNoLongerGains) {
  TrainingSettings settings = small_settings();
  settings.validation_fraction = 0;
  settings.steps = 1000;
  settings.patience = 3;
  settings.learning_rate = 1e-9;
  SmallRun run(settings);
  EXPECT_EQ(run.run(), StopReason::kEarly);
  EXPECT_LT(run.trainer->progress().step, 200);
  settings.learning_rate = 0.01;
  settings.steps = 60;
  SmallRun learning(settings);
  EXPECT_EQ(learning.run(), StopReason::kSteps) << "the training loss falls";
}

TEST(Trainer, IsNotImpatientDuringTheWarmUp) {
  TrainingSettings settings = small_settings();
  settings.steps = 60;
  settings.patience = 2;
  settings.learning_rate = 1e-9;  // gains nothing
  settings.warmup_steps = 30;
  SmallRun run(settings);
  EXPECT_EQ(run.run(), StopReason::kEarly);
  EXPECT_EQ(run.trainer->progress().step, 36) << "validations at 32 and 36 count";
}

TEST(Trainer, TakesGainsOfNothingForNone) {
  TrainingSettings settings = small_settings();
  settings.steps = 400;
  settings.patience = 3;
  settings.learning_rate = 1e-7;  // each validation is a little better than the one before
  SmallRun run(settings);
  EXPECT_EQ(run.run(), StopReason::kEarly);
  EXPECT_EQ(run.trainer->progress().best_step, run.trainer->progress().step);
}

// One stream, its weights as good as fixed: the mean of its steps' losses is what a reading of the
// same text gives.
TEST(Trainer, BeginsEachDocumentFromZeroInTrainingAndValidation) {
  TrainingSettings settings = small_settings();
  settings.documents = DocumentKind::kLines;
  settings.batch_size = 1;
  settings.steps = 0;
  settings.epochs = 1;
  settings.learning_rate = 1e-12;
  settings.grad_clip = 0;
  std::string text = SmallRun::text();
  for (size_t i = 4; i < text.size(); i += 9 + i % 4) text[i] = '\n';
  SmallRun run(settings, Device::kReference, text);
  run.run();
  double sum = 0;
  for (const double loss : run.observer.losses) sum += loss;
  const size_t read = run.observer.losses.size() * 11;
  const IdView part = run.plan.parts.training.part(0, read + 1);
  const double mean = sum / static_cast<double>(run.observer.losses.size());
  EXPECT_NEAR(mean, validation_loss(*run.engine, part, run.plan.borders).mean, 1e-6);
  EXPECT_GT(std::abs(mean - validation_loss(*run.engine, part).mean), 1e-5);
  EXPECT_NEAR(run.trainer->progress().validation_loss,
              validation_loss(*run.engine, run.plan.parts.validation, run.plan.borders).mean, 1e-6);
}

TEST(Trainer, DoesNothingInZeroStepsButSave) {
  TrainingSettings settings = small_settings();
  settings.steps = 0;
  settings.epochs = 0;
  SmallRun run(settings);
  run.run();
  ASSERT_EQ(run.store.checkpoints.size(), 1u);
  ASSERT_EQ(run.store.models.size(), 1u);
  EXPECT_EQ(run.store.checkpoints[0].progress.step, 0);
}

TEST(Trainer, GoesOnWhenASaveFailsAndFailsWhenTheLastOneDoes) {
  TrainingSettings settings = small_settings();
  settings.checkpoint_every = 5;
  SmallRun run(settings);
  run.store.failing = true;
  try {
    run.run();
    FAIL() << "the last save must fail";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kIo);
  }
  EXPECT_EQ(run.trainer->progress().step, settings.steps);
  EXPECT_GE(run.observer.warnings.size(), 5u);
  EXPECT_NE(run.observer.warnings[0].find("No space left"), std::string::npos);
}

TEST(Trainer, ShowsSamplesAtTheStepsAskedForWithoutChangingWhatIsLearned) {
  TrainingSettings settings = small_settings();
  SmallRun plain(settings);
  plain.run();
  settings.sample_every = 10;
  settings.average_decay = 0;
  SmallRun sampling(settings);
  sampling.run();
  EXPECT_EQ(sampling.observer.samples, (std::vector<int64_t>{10, 20}));
  EXPECT_EQ(sampling.observer.losses, plain.observer.losses);
}

TEST(Trainer, EndsWithTheTimeBudgetAndMeasuresWhereItStands) {
  TrainingSettings settings = small_settings();
  settings.steps = 1000000000;
  settings.time_budget = 0.05;
  settings.evaluate_every = 1000000000;
  SmallRun run(settings);
  EXPECT_EQ(run.run(), StopReason::kTime);
  EXPECT_LT(run.trainer->progress().step, settings.steps);
  EXPECT_TRUE(std::isfinite(run.trainer->progress().best_validation_loss));
}

// Whatever the clock did to a run's length, its steps and changes repeat it without a clock.
TEST(Trainer, ARunWithABudgetIsRepeatedByItsStepsAndChanges) {
  TrainingSettings settings = small_settings();
  settings.schedule = ScheduleKind::kCosine;
  settings.average_decay = 0.9;
  settings.output_dropout = 0.2;
  settings.steps = 0;
  settings.epochs = 0;
  settings.time_budget = 0.3;
  SmallRun timed(settings);
  timed.plan.total_steps = 7;  // far from what fits
  EXPECT_EQ(timed.run(), StopReason::kTime);
  const TrainingProgress& progress = timed.trainer->progress();
  ASSERT_GE(progress.changes.size(), 2u) << "the length has changed";
  EXPECT_GT(progress.step, 7);

  settings.time_budget = 0;
  settings.steps = progress.step;
  settings.schedule_changes = changes_text(progress.changes);
  SmallRun again(settings);
  EXPECT_EQ(again.run(), StopReason::kSteps);
  EXPECT_TRUE(std::ranges::equal(again.trainer->model().weights.values(),
                                 timed.trainer->model().weights.values()));
}

TEST(Trainer, ABudgetsRunThatWasInterruptedKeepsItsChanges) {
  TrainingSettings settings = small_settings();
  settings.schedule = ScheduleKind::kCosine;
  settings.steps = 0;
  settings.time_budget = 1000;
  SmallRun timed(settings);
  timed.plan.total_steps = 400;
  timed.observer.stop_at = 5;
  EXPECT_EQ(timed.run(), StopReason::kSignal);
  const std::vector<ScheduleChange> changes = timed.store.checkpoints.back().progress.changes;
  ASSERT_FALSE(changes.empty());
  const std::string path = "checkpoint.safetensors";
  const TemporaryFolder folder;
  write_checkpoint(folder.path(path), timed.store.checkpoints.back());
  EXPECT_EQ(read_checkpoint(folder.path(path)).progress.changes, changes);
}

// Far too high a learning rate and nothing that stops it: what is kept is worse than a guess.
TEST(Trainer, SaysThatItDivergedWhereItsModelIsWorseThanAGuess) {
  for (const double held_out : {0.1, 0.0}) {
    TrainingSettings settings = small_settings();
    settings.validation_fraction = held_out;
    settings.steps = 60;
    settings.evaluate_every = 30;
    settings.learning_rate = 60;
    settings.clip = Clip::kNone;
    SmallRun run(settings);
    try {
      run.run();
      ADD_FAILURE() << "loss " << run.trainer->progress().train_loss << ", validation "
                    << run.trainer->progress().best_validation_loss;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kDiverged);
      EXPECT_NE(std::string(error.what()).find("a uniform guess has"), std::string::npos);
      EXPECT_FALSE(run.store.checkpoints.empty());
    }
  }
}

// A network that is sure of its text meets a held-out part of another kind.
TEST(Trainer, HasNotDivergedWhereOnlyTheHeldOutTextIsUnlikeTheRest) {
  TrainingSettings settings = small_settings();
  settings.steps = 300;
  settings.evaluate_every = 300;
  std::string text;
  for (int i = 0; i < 360; ++i) text += "ab"[i % 2];
  SmallRun run(settings, Device::kReference, text + "ccddccddccddccddccddccddccddccddccddccdd");
  EXPECT_NO_THROW(run.run());
  EXPECT_GT(run.trainer->progress().best_validation_loss, std::log(4) + 1);
}

}  // namespace
}  // namespace charrnn
