#include "export/rounding_cost.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "generate/sampler.h"
#include "model/log_softmax.h"

namespace charrnn {
namespace {

constexpr uint64_t kSeed = 0;

double divergence(std::span<const float> p_logits, std::span<const float> q_logits) {
  const LogSoftmax log_p(p_logits), log_q(q_logits);
  double sum = 0;
  for (size_t i = 0; i < p_logits.size(); ++i) {
    const double p = log_p(p_logits[i]);
    sum += std::exp(p) * (p - log_q(q_logits[i]));
  }
  return sum;
}

}  // namespace

double rounding_cost(Network& exact, Network& rounded, int32_t first, int32_t border,
                     int characters, const ShouldStop& should_stop) {
  const auto exact_state = exact.new_state(1), rounded_state = rounded.new_state(1);
  std::vector<float> p(static_cast<size_t>(exact.config().vocabulary_size)), q(p.size());
  int32_t id = first;
  double sum = 0;
  for (int i = 0; i < characters; ++i) {
    if (should_stop && should_stop()) return std::numeric_limits<double>::quiet_NaN();
    if (id == border) {
      exact_state->clear();
      rounded_state->clear();
    }
    exact.advance({&id, 1}, *exact_state, p);
    rounded.advance({&id, 1}, *rounded_state, q);
    sum += divergence(p, q);
    id = draw(p, {}, {}, sampling_uniform(kSeed, 0, static_cast<uint64_t>(i)));
  }
  return sum / characters / std::numbers::ln2;
}

}  // namespace charrnn
