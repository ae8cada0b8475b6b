// When a trainer loses patience: losses that gain nothing any more, of what is held out or, where
// nothing is, of what is learned.
#include "train/trainer.h"

namespace charrnn {
namespace {

constexpr double kMinGain = 1e-4;  // nats

}  // namespace

// Hundreds of gains of nothing are no progress; small ones add up.
void Trainer::count_gain(double loss) {
  if (!(loss >= progress_.gain_loss - kMinGain)) {
    progress_.gain_loss = loss;
    progress_.validations_without_gain = 0;
  } else if (progress_.step > parts_.settings.warmup_steps) {
    ++progress_.validations_without_gain;
  }
}

void Trainer::add_to_stretch(double loss) {
  if (progress_.stretch_steps == 0) progress_.stretch_loss_sum = 0;
  ++progress_.stretch_steps;
  progress_.stretch_loss_sum += loss;
}

// A stretch is the steps between two validations, if there were any.
void Trainer::judge_stretch() {
  if (progress_.stretch_steps == 0) return;
  count_gain(progress_.stretch_loss_sum / static_cast<double>(progress_.stretch_steps));
  progress_.stretch_steps = 0;
}

}  // namespace charrnn
