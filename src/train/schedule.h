// The learning rate of each optimizer step: a function of the step's number alone, so that a run
// that was interrupted goes on with the same values.
#pragma once

#include <cstdint>

namespace charrnn {

enum class ScheduleKind { kConstant, kCosine, kStep };

struct Schedule {
  ScheduleKind kind = ScheduleKind::kConstant;
  double learning_rate = 1e-3;   // the highest one
  double min_learning_rate = 0;  // kCosine ends here
  int64_t warmup_steps = 0;
  int64_t total_steps = 1;
  // kStep: multiplied by `decay` when `decay_after` epochs are done, and again after every
  // `decay_every` further ones.
  int64_t steps_per_epoch = 1;
  double decay = 0.97;
  int64_t decay_after = 10;
  int64_t decay_every = 1;

  // step counts from 0 (the first one). With w = warmup_steps, N = total_steps, r = learning_rate:
  //   warm-up, step < w:  r (step + 1) / w
  //   constant:           r
  //   cosine:             min + (r - min) (1 + cos(pi (step - w) / (N - w))) / 2
  //   step, epoch e:      r decay^(1 + floor((e - decay_after) / decay_every)) where e >=
  //                       decay_after, else r
  double at(int64_t step) const;
};

}  // namespace charrnn
