#include "train/control/early_stopping.h"

#include <cmath>

namespace charrnn {
namespace {

// Hundreds of smaller gains are no progress; small ones add up until they reach this.
constexpr double kMinGain = 1e-4;  // nats

}  // namespace

void EarlyStopping::validated(int64_t step, double loss) {
  const bool first = std::isnan(state_.gain_loss);
  if (!std::isnan(loss) && (first || loss < state_.gain_loss - kMinGain)) {
    state_.gain_loss = loss;
    state_.losses_without_gain = 0;
  } else if (step > warmup_steps_) {
    ++state_.losses_without_gain;
  }
}

void EarlyStopping::trained(double loss) {
  if (state_.summed_steps == 0) state_.loss_sum = 0;
  ++state_.summed_steps;
  state_.loss_sum += loss;
}

void EarlyStopping::judge(int64_t step) {
  if (state_.summed_steps == 0) return;
  validated(step, state_.loss_sum / static_cast<double>(state_.summed_steps));
  state_.summed_steps = 0;
}

}  // namespace charrnn
