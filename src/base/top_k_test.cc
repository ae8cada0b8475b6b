#include "base/top_k.h"

#include <gtest/gtest.h>

#include <vector>

namespace charrnn {
namespace {

TEST(TopK, PutsTheLargestFirstAndOfEqualOnesTheLowerIndex) {
  const std::vector<double> values = {1, 7, 3, 7, -2, 9};
  std::vector<int32_t> order(values.size());
  top_k(values, 4, order);
  EXPECT_EQ(std::vector<int32_t>(order.begin(), order.begin() + 4),
            (std::vector<int32_t>{5, 1, 3, 2}));
  std::sort(order.begin(), order.end());
  EXPECT_EQ(order, (std::vector<int32_t>{0, 1, 2, 3, 4, 5}));
}

TEST(TopK, TakesNoneAndAll) {
  const std::vector<float> values = {2, 4, 3};
  std::vector<int32_t> order(values.size());
  top_k(values, 0, order);
  top_k(values, values.size(), order);
  EXPECT_EQ(order, (std::vector<int32_t>{1, 2, 0}));
}

}  // namespace
}  // namespace charrnn
