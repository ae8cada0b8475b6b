#include "app/terminal/figures_text.h"

#include <gtest/gtest.h>

#include <cmath>

namespace charrnn {
namespace {

TEST(FiguresText, GivesALossInNatsAndBitsWithItsInterval) {
  EXPECT_EQ(loss_text(std::log(2), NAN, "character"), "0.6931 nats = 1.000 bits per character");
  EXPECT_EQ(loss_text(std::log(4), std::log(2) / 10, "character"),
            "1.3863 ± 0.0693 nats = 2.000 ± 0.100 bits per character");
  EXPECT_EQ(loss_text(std::log(2), NAN, "byte"), "0.6931 nats = 1.000 bits per byte");
}

}  // namespace
}  // namespace charrnn
