#include "model/cost.h"

#include <gtest/gtest.h>

namespace charrnn {
namespace {

// Worked by hand: an LSTM of two layers, V = 96.
TEST(Cost, OfALstmIsItsProductsByHand) {
  const ModelConfig config = {CellKind::kLstm, 2, 512, 64, 96};
  EXPECT_EQ(recurrent_products(config), 3 * 4 * 512.0 * 512);
  EXPECT_EQ(output_products(config), 512.0 * 96);
  EXPECT_EQ(forward_flops(config), 2 * (3145728.0 + 49152));
  EXPECT_EQ(weight_bytes(config, 4), 4 * (3145728.0 + 49152) + 4 * 2048);
  const double characters = 64 * 64;
  EXPECT_EQ(training_flops(config, 64, 64, false),
            6 * 3145728.0 * characters - 2.0 * 2048 * 512 * 2 * 64 + 6 * 49152.0 * characters +
                6.0 * 96 * 64 * 2048);
}

TEST(Cost, OfTheNotebooksStepHasOneLossAWindow) {
  const ModelConfig config = {CellKind::kRnn, 2, 256, 64, 31};
  EXPECT_EQ(training_flops(config, 40, 64, true) - training_flops(config, 40, 64, false),
            -6 * 256.0 * 31 * 64 * 39);
}

TEST(Cost, OfOneHotInputHasNoTableToMultiply) {
  ModelConfig config = {CellKind::kGru, 1, 32, 50, 50};
  const double with = training_flops(config, 8, 4, false);
  config.one_hot = true;
  EXPECT_EQ(with - training_flops(config, 8, 4, false), 6.0 * 50 * 50 * 96);
}

}  // namespace
}  // namespace charrnn
