#include "train/control/spike_watch.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace charrnn {
namespace {

constexpr double kFirst = 4.2;

// Steps after which a watch sees a spike; -1: it sees none.
int steps_to_spike(SpikeWatch& watch, double loss, double norm, int steps) {
  for (int i = 1; i <= steps; ++i) {
    if (watch.add(loss, norm, kFirst) != Spike::kNone) return i;
  }
  return -1;
}

TEST(SpikeWatch, SeesNothingInTrainingThatGoesWell) {
  SpikeWatch watch;
  MersenneTwister generator(1);
  for (int step = 0; step < 2000; ++step) {
    const double noise = static_cast<double>(generator.u32() % 1000) / 1000 - 0.5;
    const double loss = 1.4 + 2.8 / (1 + 0.01 * step) + 0.6 * noise;
    ASSERT_EQ(watch.add(loss, 0.5 + 0.4 * noise, kFirst), Spike::kNone) << step;
  }
}

TEST(SpikeWatch, PassesOverOneOddBatchAndAHarderText) {
  SpikeWatch watch;
  EXPECT_EQ(steps_to_spike(watch, 1.5, 0.4, 50), -1);
  EXPECT_EQ(watch.add(12, 90, kFirst), Spike::kNone);
  EXPECT_EQ(steps_to_spike(watch, 1.5, 0.4, 50), -1);
  EXPECT_EQ(steps_to_spike(watch, 3.0, 2, 500), -1);
}

TEST(SpikeWatch, SeesALossThatStaysFarAboveWhatItWas) {
  SpikeWatch watch;
  EXPECT_EQ(steps_to_spike(watch, 1.5, 0.4, 50), -1);
  EXPECT_TRUE(watch.is_calm(kFirst));
  EXPECT_EQ(steps_to_spike(watch, 6, 0.4, 50), 4);  // mean of four at 6 and four at 1.5: 3.75
  EXPECT_FALSE(watch.is_calm(kFirst));
  watch.rolled_back();
  EXPECT_TRUE(watch.is_calm(kFirst));
  EXPECT_EQ(steps_to_spike(watch, 1.5, 0.4, 50), -1);
}

TEST(SpikeWatch, MeasuresAgainstTheFirstLossWhereARunExplodesAtOnce) {
  SpikeWatch watch;
  EXPECT_EQ(steps_to_spike(watch, 30, 5, 50), 8);
  watch.rolled_back();
  EXPECT_EQ(steps_to_spike(watch, 30, 5, 7), -1);
  EXPECT_FALSE(watch.is_calm(kFirst)) << "such weights are nothing to go back to";
  EXPECT_EQ(steps_to_spike(watch, 30, 5, 50), 1);
}

TEST(SpikeWatch, SeesGradientsThatExplodeWhereTheLossRisesToo) {
  SpikeWatch watch;
  EXPECT_EQ(steps_to_spike(watch, 1.5, 0.4, 50), -1);
  EXPECT_EQ(steps_to_spike(watch, 1.4, 40, 20), -1) << "it still learns";
  SpikeWatch other;
  EXPECT_EQ(steps_to_spike(other, 1.5, 0.4, 50), -1);
  EXPECT_GT(steps_to_spike(other, 1.7, 40, 20), 3);
}

TEST(SpikeWatch, GoesOnFromWhatACheckpointKept) {
  SpikeWatch whole;
  steps_to_spike(whole, 1.5, 0.4, 100);
  SpikeWatch resumed(whole.recent());
  EXPECT_EQ(steps_to_spike(resumed, 6, 0.4, 50), steps_to_spike(whole, 6, 0.4, 50));
  EXPECT_LE(whole.recent().losses.size(), 72u);
}

}  // namespace
}  // namespace charrnn
