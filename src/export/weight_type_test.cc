#include "export/weight_type.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "model/half.h"
#include "model/testing/random_model.h"

namespace charrnn {
namespace {

TEST(NearestHalf, IsTheNumberItselfForEachOfThem) {
  for (int bits = 0; bits < 0x7C00; ++bits) {
    ASSERT_EQ(nearest_half(half_to_float(static_cast<uint16_t>(bits))), bits);
    ASSERT_EQ(nearest_half(half_to_float(static_cast<uint16_t>(bits | 0x8000))), bits | 0x8000);
  }
}

TEST(NearestHalf, IsTheNearestOfNeighboursAndTheEvenOneBetween) {
  std::mt19937 random(5);
  std::uniform_int_distribution<int> any(0, 0x7BFE);
  std::uniform_real_distribution<float> between(0.0f, 1.0f);
  for (int i = 0; i < 20000; ++i) {
    const int below = any(random);
    const float low = half_to_float(static_cast<uint16_t>(below));
    const float high = half_to_float(static_cast<uint16_t>(below + 1));
    const float middle = low + (high - low) / 2;
    ASSERT_EQ(nearest_half(middle), below % 2 == 0 ? below : below + 1) << middle;
    const float value = low + between(random) * (high - low);
    if (value == middle) continue;
    ASSERT_EQ(nearest_half(value), value < middle ? below : below + 1) << value;
  }
}

TEST(NearestHalf, HasNoInfinity) {
  for (const float value : {65504.0f, 65519.0f, 65520.0f, 1e30f}) {
    EXPECT_EQ(half_to_float(nearest_half(value)), 65504);
    EXPECT_EQ(half_to_float(nearest_half(-value)), -65504);
  }
}

TEST(StoreMatrix, OfEightBitsIsWithinHalfAStepOfEachRow) {
  const Model model = random_model({CellKind::kGru, 1, 7, 5, 11}, 3);
  std::vector<float> values(model.weights.weight_hh(0).begin(), model.weights.weight_hh(0).end());
  const size_t columns = 7;
  for (size_t i = 0; i < columns; ++i) values[i] *= 1000;        // a row beside much smaller ones
  for (size_t i = columns; i < 2 * columns; ++i) values[i] = 0;  // … and one of zeros
  const StoredMatrix stored = store_matrix(values, 21, WeightType::kInt8);
  const std::vector<float> back = stored_values(stored, WeightType::kInt8);
  ASSERT_EQ(stored.bytes.size(), values.size());
  ASSERT_EQ(stored.scales.size(), 21u);
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_LE(std::abs(back[i] - values[i]), stored.scales[i / columns] * 0.5001f) << i;
  }
  for (size_t i = columns; i < 2 * columns; ++i) EXPECT_EQ(back[i], 0);
}

TEST(StoreMatrix, OfFloat32IsExact) {
  const Model model = random_model({CellKind::kLstm, 2, 6, 3, 9}, 4);
  const auto values = model.weights.fc_weight();
  const auto back =
      stored_values(store_matrix(values, 9, WeightType::kFloat32), WeightType::kFloat32);
  EXPECT_TRUE(std::ranges::equal(back, values));
}

TEST(RoundedParameters, RoundMatricesAlone) {
  for (const bool one_hot : {false, true}) {
    ModelConfig config{CellKind::kLstm, 2, 6, one_hot ? 9 : 4, 9};
    config.one_hot = one_hot;
    const Parameters exact = random_model(config, 4).weights;
    const Parameters rounded = rounded_parameters(exact, WeightType::kInt8);
    EXPECT_EQ(std::ranges::equal(rounded.embedding(), exact.embedding()), one_hot);
    EXPECT_FALSE(std::ranges::equal(rounded.weight_ih(1), exact.weight_ih(1)));
    EXPECT_FALSE(std::ranges::equal(rounded.fc_weight(), exact.fc_weight()));
    EXPECT_TRUE(std::ranges::equal(rounded.bias_hh(1), exact.bias_hh(1)));
    EXPECT_TRUE(std::ranges::equal(rounded.fc_bias(), exact.fc_bias()));
  }
}

}  // namespace
}  // namespace charrnn
