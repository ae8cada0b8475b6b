#include "model/log_sum_exp.h"

#include <gtest/gtest.h>

#include <vector>

namespace charrnn {
namespace {

TEST(LogSumExp, IsTheLogarithmOfTheSum) {
  const std::vector<double> values = {0, std::log(2.0), std::log(5.0)};
  EXPECT_NEAR(log_sum_exp(std::span<const double>(values)), std::log(8.0), 1e-15);
}

TEST(LogSumExp, NeitherOverflowsNorVanishes) {
  const std::vector<float> large = {1e5f, 1e5f}, small = {-1e5f, -1e5f};
  EXPECT_NEAR(log_sum_exp(std::span<const float>(large)), 1e5 + std::log(2.0), 1e-9);
  EXPECT_NEAR(log_sum_exp(std::span<const float>(small)), -1e5 + std::log(2.0), 1e-9);
}

}  // namespace
}  // namespace charrnn
