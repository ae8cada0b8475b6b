// How a trainer ends on time.
#include <algorithm>

#include "train/trainer.h"

namespace charrnn {

// With a time budget: the run becomes as long as fits into it, faster or slower as the machine is
// now. What has been learned so far stays as it is, and the changes are kept, so that the run can
// be repeated.
void Trainer::keep_pace() {
  if (!pace_) return;
  const double now = seconds();
  if (!pace_->due(now) && progress_.step < progress_.total_steps) return;
  const int64_t evaluate_every = can_validate() ? parts_.settings.evaluate_every : 0;
  int64_t total = pace_->fitting_steps(progress_.step, progress_.total_steps, evaluate_every, now);
  if (const int64_t epochs = parts_.settings.epochs; epochs > 0) {
    total = std::min(total, epochs * parts_.batches.batches_per_epoch());
  }
  if (total == progress_.total_steps) return;
  progress_.total_steps = total;
  if (progress_.step < total) {
    progress_.changes.push_back({progress_.step, total});
    schedule_.changes = progress_.changes;
  }
  observer_.replanned(progress_);
}

}  // namespace charrnn
