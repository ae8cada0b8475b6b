#include "base/statistics/mean_interval.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "base/error.h"

namespace charrnn {
namespace {

TEST(MeanInterval, EqualsTheSlowVersion) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> uniform(0, 5);
  for (const int count : {80, 96, 511, 512, 513, 3333}) {
    std::vector<float> values(count);
    for (float& value : values) value = uniform(random);
    const int batches = std::min(count / 16, 32);
    double sum = 0, squares = 0;
    std::vector<double> means;
    for (int b = 0; b < batches; ++b) {
      const int begin = b * count / batches, end = (b + 1) * count / batches;
      double part = 0;
      for (int i = begin; i < end; ++i) part += values[i];
      sum += part;
      means.push_back(part / (end - begin));
    }
    double mean = 0;
    for (const double m : means) mean += m / batches;
    for (const double m : means) squares += (m - mean) * (m - mean);
    // Student's t for 4, 5 and 31 degrees of freedom.
    const double t = batches == 5 ? 2.776 : batches == 6 ? 2.571 : batches == 31 ? 2.042 : 2.040;
    MeanInterval interval(count);
    interval.add(values);
    EXPECT_NEAR(interval.mean(), sum / count, 1e-12);
    EXPECT_NEAR(interval.margin(), t * std::sqrt(squares / (batches - 1) / batches), 1e-9);
  }
}

TEST(MeanInterval, HoldsTheTrueMeanOfCorrelatedValuesInAbout95OutOf100) {
  std::mt19937 random(7);
  std::normal_distribution<double> normal(0, 1);
  constexpr int kRounds = 1000, kCount = 8000;
  int held = 0, held_if_independent = 0;
  for (int round = 0; round < kRounds; ++round) {
    MeanInterval interval(kCount);
    double value = 0, squares = 0;
    for (int i = 0; i < kCount; ++i) {
      value = 0.95 * value + normal(random);  // remembers about 20 values
      squares += value * value;
      interval.add(3 + value);
    }
    held += std::abs(interval.mean() - 3) < interval.margin();
    held_if_independent += std::abs(interval.mean() - 3) < 1.96 * std::sqrt(squares) / kCount;
  }
  EXPECT_GT(held, 0.92 * kRounds);
  EXPECT_LT(held, 0.98 * kRounds);
  EXPECT_LT(held_if_independent, 0.5 * kRounds);  // why batches are needed
}

TEST(MeanInterval, TakesOneValueForManyAsIfEachWereAdded) {
  MeanInterval once(1000), each(1000);
  for (int i = 0; i < 100; ++i) {
    once.add(std::sin(i), 10);
    for (int j = 0; j < 10; ++j) each.add(std::sin(i));
  }
  EXPECT_NEAR(once.mean(), each.mean(), 1e-14);
  EXPECT_NEAR(once.margin(), each.margin(), 1e-14);
}

TEST(MeanInterval, HasNoMarginForTooFewValues) {
  MeanInterval few(79);
  for (int i = 0; i < 79; ++i) few.add(i);
  EXPECT_TRUE(std::isnan(few.margin()));
  EXPECT_EQ(few.mean(), 39);
  EXPECT_THROW(few.add(1), Error);
}

TEST(MeanInterval, LosesNothingBesideAHugeValue) {
  MeanInterval interval(102);
  interval.add(1e16);
  for (int i = 0; i < 100; ++i) interval.add(1);
  interval.add(-1e16);
  EXPECT_EQ(interval.sum(), 100);
}

}  // namespace
}  // namespace charrnn
