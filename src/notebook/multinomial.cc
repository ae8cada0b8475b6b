#include "notebook/multinomial.h"

#include <cmath>

namespace charrnn {

int32_t torch_multinomial(std::span<const float> weights, MersenneTwister& generator) {
  constexpr uint64_t kModulus = (uint64_t{1} << 31) - 1;
  constexpr uint64_t kMultiplier = 1132489760;
  uint64_t x = generator.u32() % kModulus;
  if (x == 0) x = 1;
  int32_t best = 0;
  float best_ratio = -1;
  for (size_t k = 0; k < weights.size(); ++k) {
    const float uniform = static_cast<float>(x) / static_cast<float>(kModulus);
    const float ratio =
        weights[k] / (0.0f - std::log(uniform));  // 0 - 0, so that ln 1 gives +infinity
    if (ratio > best_ratio) best_ratio = ratio, best = static_cast<int32_t>(k);
    x = kMultiplier * x % kModulus;
  }
  return best;
}

}  // namespace charrnn
