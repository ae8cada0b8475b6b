#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace charrnn {

double Schedule::at(int64_t step) const {
  if (step < warmup_steps) {
    return learning_rate * static_cast<double>(step + 1) / static_cast<double>(warmup_steps);
  }
  switch (kind) {
    case ScheduleKind::kConstant:
      break;
    case ScheduleKind::kCosine: {
      const int64_t length = std::max<int64_t>(1, total_steps - warmup_steps);
      const double part =
          std::min(1.0, static_cast<double>(step - warmup_steps) / static_cast<double>(length));
      const double low = std::min(min_learning_rate, learning_rate);
      return low + (learning_rate - low) * (1 + std::cos(std::numbers::pi * part)) / 2;
    }
    case ScheduleKind::kStep: {
      const int64_t epoch = step / std::max<int64_t>(1, steps_per_epoch);
      if (epoch < decay_after) break;
      const int64_t times = 1 + (epoch - decay_after) / std::max<int64_t>(1, decay_every);
      return learning_rate * std::pow(decay, static_cast<double>(times));
    }
  }
  return learning_rate;
}

}  // namespace charrnn
