#include "app/terminal/figures_text.h"

#include <gtest/gtest.h>

#include <cmath>

namespace charrnn {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(FiguresText, GivesALossInNatsAndBitsWithItsInterval) {
  EXPECT_EQ(loss_text(std::log(2), NAN), "0.6931 nats = 1.000 bits per character");
  EXPECT_EQ(loss_text(std::log(4), std::log(2) / 10),
            "1.3863 ± 0.0693 nats = 2.000 ± 0.100 bits per character");
}

TEST(FiguresText, SaysWhichOfNetworkAndNgramIsBetter) {
  Baseline baseline;
  baseline.ngram_loss = 1.5;
  baseline.ngram_context = 6;
  EXPECT_TRUE(
      has(reading_text(1.35, baseline), "learned more than what follows 6 characters (10.0 %"));
  EXPECT_TRUE(has(reading_text(1.6, baseline), "counting what follows 6 characters does better"));
  EXPECT_TRUE(has(reading_text(1.495, baseline), "no more than"));
  EXPECT_TRUE(has(reading_text(std::log(3.0), {}), "on average 3.0 characters"));
}

TEST(FiguresText, SaysOverfittingInWords) {
  TrainingProgress progress;
  progress.step = 500;
  progress.best_step = 500;
  progress.best_validation_loss = progress.validation_loss = 1.5;
  progress.best_train_loss = progress.train_loss = 1.4;
  EXPECT_EQ(overfitting_text(progress), "");
  progress.step = 900;
  progress.validation_loss = 1.75;
  EXPECT_TRUE(has(overfitting_text(progress), "turned up after step 500, from 1.5000 to 1.7500"));
  EXPECT_FALSE(has(overfitting_text(progress), "by heart"));
  progress.train_loss = 0.5;
  EXPECT_TRUE(has(overfitting_text(progress), "far lower (0.5000 nats)"));
  progress.step = 500;
  progress.validation_loss = 1.5;
  EXPECT_EQ(overfitting_text(progress), "") << "the model that was kept is from before";
  progress.best_train_loss = 0.75;
  EXPECT_TRUE(has(overfitting_text(progress), "far lower (0.7500 nats)"));
}

}  // namespace
}  // namespace charrnn
