// Decides when training stops for want of progress: after so many losses in a row without gain, of
// the held-out text or, where nothing is held out, of the training text.
#pragma once

#include <cstdint>

#include "train/control/progress.h"

namespace charrnn {

// Its part of a checkpoint.
struct EarlyStoppingState {
  int64_t losses_without_gain = 0;
  double gain_loss = kUnknown;  // the loss from which a gain is measured
  // The training loss since it was last judged.
  int64_t summed_steps = 0;
  double loss_sum = 0;

  template <class Self, class Fields>
  static void visit(Self& self, Fields&& fields) {
    fields.whole("validations_without_gain", self.losses_without_gain);
    fields.later("stretch_steps", self.summed_steps);
    fields.real("stretch_loss_sum", self.loss_sum);
    fields.real("gain_loss", self.gain_loss);
  }
};

class EarlyStopping {
 public:
  // patience: losses without gain before it stops; 0: never. No loss counts during the warm-up.
  explicit EarlyStopping(int64_t patience = 0, int64_t warmup_steps = 0,
                         const EarlyStoppingState& state = {})
      : patience_(patience), warmup_steps_(warmup_steps), state_(state) {}

  // A loss of the held-out text after `step` steps. One that is not a number is no gain.
  void validated(int64_t step, double loss);

  // The training loss of a step, and that it is time to judge the mean of those since the last
  // time.
  void trained(double loss);
  void judge(int64_t step);

  bool is_over() const { return patience_ > 0 && state_.losses_without_gain >= patience_; }
  const EarlyStoppingState& state() const { return state_; }

 private:
  int64_t patience_, warmup_steps_;
  EarlyStoppingState state_;
};

}  // namespace charrnn
