// Training that goes well is never rolled back, however its text changes.
#include <gtest/gtest.h>

#include <cmath>

#include "train/testing/kinds_of_text.h"
#include "train/testing/trainer_fixture.h"

namespace charrnn {
namespace {

TrainingSettings healthy_settings() {
  TrainingSettings settings = small_settings();
  settings.layers = 1;
  settings.hidden_size = 24;
  settings.embedding_size = 8;
  settings.batch_size = 1;
  settings.sequence_length = 24;
  settings.validation_fraction = 0;
  settings.steps = 0;
  settings.epochs = 1;
  settings.learning_rate = 0.004;
  settings.on_nan = OnNan::kRollback;
  settings.evaluate_every = 40;
  settings.report_every = 20;
  return settings;
}

void expect_no_rollback(const TrainingSettings& settings, const std::string& text,
                        const std::string& what) {
  SmallRun run(settings, Device::kCpu, text);
  EXPECT_NO_THROW(run.run()) << what;
  EXPECT_EQ(run.trainer->divergence().rollbacks, 0)
      << what << ": " << (run.observer.warnings.empty() ? "" : run.observer.warnings.front());
}

TEST(Healthy, AnyTwoKindsOfTextInEitherOrder) {
  const std::vector<std::string> kinds = kinds_of_text(3000);
  ASSERT_EQ(kinds.size(), 20u);
  for (size_t first = 0; first < kinds.size(); ++first) {
    for (const size_t apart : {1u, 7u, 11u, 17u}) {
      const size_t second = (first + apart) % kinds.size();
      expect_no_rollback(healthy_settings(), kinds[first] + kinds[second],
                         std::to_string(first) + " and " + std::to_string(second));
    }
  }
}

// Blocks shorter and longer than what lies between two validations.
TEST(Healthy, ManyKindsOfTextInAnyOrder) {
  MersenneTwister draw(5);
  for (const size_t size : {400u, 1500u}) {
    const std::vector<std::string> kinds = kinds_of_text(size);
    for (int order = 0; order < 4; ++order) {
      std::string text;
      for (int block = 0; block < 24; ++block) text += kinds[draw.u32() % kinds.size()];
      for (const double rate : {0.002, 0.01}) {
        TrainingSettings settings = healthy_settings();
        settings.learning_rate = rate;
        expect_no_rollback(settings, text,
                           std::to_string(size) + " each, order " + std::to_string(order));
      }
    }
  }
}

// It ends worse on the held-out part than with all characters alike, as it began better, but on
// what it learned from much better: that is no divergence.
TEST(Healthy, AnOverfittedRunIsNotCalledDiverged) {
  TrainingSettings settings = healthy_settings();
  settings.validation_fraction = 0.2;
  settings.learning_rate = 0.01;
  settings.epochs = 0;
  settings.steps = 400;
  settings.evaluate_every = 5;
  SmallRun run(settings, Device::kCpu,
               "the cat sat on the mat and the dog sat on the log, not fat. ");
  run.run();
  const TrainingProgress& progress = run.trainer->progress();
  const double uniform = std::log(run.corpus.vocabulary.size());
  EXPECT_LT(progress.best_validation_loss, uniform);
  EXPECT_GT(progress.validation_loss, uniform + 0.5);
  EXPECT_LT(progress.train_loss, 0.5);
  EXPECT_TRUE(run.observer.warnings.empty()) << run.observer.warnings.front();
}

TEST(Healthy, ZerosAndThenProseWithAbortOnExplode) {
  TrainingSettings settings = healthy_settings();
  settings.on_nan = OnNan::kStop;
  settings.abort_on_explode = true;
  const std::vector<std::string> kinds = kinds_of_text(6000);
  expect_no_rollback(settings, kinds[0] + kinds[11], "zeros and prose");
}

}  // namespace
}  // namespace charrnn
