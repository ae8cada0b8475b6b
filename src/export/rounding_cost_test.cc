#include "export/rounding_cost.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/factory/make_network.h"
#include "export/weight_type.h"
#include "model/testing/random_model.h"

namespace charrnn {
namespace {

std::unique_ptr<Network> network_of(const Parameters& weights) {
  auto network = make_network(weights.config());
  network->load_weights(weights);
  return network;
}

TEST(RoundingCost, GrowsAsBitsAreTaken) {
  const Parameters weights = random_model({CellKind::kGru, 2, 24, 8, 20}, 7).weights;
  const auto exact = network_of(weights);
  std::vector<double> costs;
  for (const auto type : {WeightType::kFloat32, WeightType::kFloat16, WeightType::kInt8}) {
    costs.push_back(
        rounding_cost(*exact, *network_of(rounded_parameters(weights, type)), 0, -1, 200));
  }
  EXPECT_EQ(costs[0], 0);
  EXPECT_GT(costs[1], 0);
  EXPECT_GT(costs[2], 10 * costs[1]);
  EXPECT_LT(costs[2], 0.1);
}

// A network without weights gives every character the same probability, whatever it reads.
TEST(RoundingCost, IsTheDivergenceInBits) {
  ModelConfig config{CellKind::kRnn, 1, 3, 2, 2};
  Parameters p(config), q(config);
  p.fc_bias()[0] = std::log(3.0f);  // 3/4 and 1/4
  const double expected = 0.75 * std::log2(0.75 / 0.5) + 0.25 * std::log2(0.25 / 0.5);
  EXPECT_NEAR(rounding_cost(*network_of(p), *network_of(q), 0, -1, 50), expected, 1e-6);
}

TEST(RoundingCost, ForgetsWhereDocumentsBegin) {
  const Parameters weights = random_model({CellKind::kLstm, 1, 12, 4, 2}, 7).weights;
  const auto exact = network_of(weights);
  const auto rounded = network_of(rounded_parameters(weights, WeightType::kInt8));
  EXPECT_NE(rounding_cost(*exact, *rounded, 0, 0, 60), rounding_cost(*exact, *rounded, 0, -1, 60));
}

TEST(RoundingCost, EndsWhereItIsStopped) {
  const auto network = network_of(random_model({CellKind::kGru, 1, 5, 4, 6}, 7).weights);
  EXPECT_TRUE(std::isnan(rounding_cost(*network, *network, 0, -1, 1 << 30, [] { return true; })));
}

}  // namespace
}  // namespace charrnn
