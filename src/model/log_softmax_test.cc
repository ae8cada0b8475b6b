#include "model/log_softmax.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"

namespace charrnn {
namespace {

TEST(LogSoftmax, EqualsTheSlowVersion) {
  MersenneTwister random(2);
  for (const float spread : {0.1f, 3.0f, 60.0f}) {
    std::vector<float> logits(65);
    random.fill_uniform(logits, -spread, spread);
    double sum = 0;
    for (const float logit : logits) sum += std::exp(static_cast<double>(logit));
    const LogSoftmax log_p{std::span<const float>(logits)};
    double total = 0;
    for (const float logit : logits) {
      EXPECT_NEAR(log_p(logit), logit - std::log(sum), 1e-12 * spread);
      total += std::exp(log_p(logit));
    }
    EXPECT_NEAR(total, 1, 1e-12);
  }
}

TEST(LogSoftmax, IsEvenlySpreadOverEqualLogitsHoweverLarge) {
  for (const float logit : {0.0f, 1e6f, -1e6f, 1e8f, 1e30f, -1e30f, -3e38f, 3e38f}) {
    const std::vector<float> logits(97, logit);
    EXPECT_NEAR(LogSoftmax{std::span<const float>(logits)}(logit), -std::log(97.0), 1e-12) << logit;
  }
}

}  // namespace
}  // namespace charrnn
