// The learning rate of each optimizer step: a function of the step's number alone, so a resumed run
// continues with the same values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace charrnn {

// From `step` on, what is left of the schedule is spread over the steps up to `total_steps`.
struct ScheduleChange {
  int64_t step = 0;
  int64_t total_steps = 0;
  bool operator==(const ScheduleChange&) const = default;
};

// As text "100:950,400:900": a step and the length from there on. Throws Error (kUsage) where the
// steps do not rise or a length is not beyond its step.
std::string changes_text(const std::vector<ScheduleChange>& changes);
std::vector<ScheduleChange> read_changes(std::string_view text);

enum class ScheduleKind { kConstant, kCosine, kStep };

struct Schedule {
  ScheduleKind kind = ScheduleKind::kConstant;
  double learning_rate = 1e-3;   // the highest one
  double min_learning_rate = 0;  // kCosine ends here
  int64_t warmup_steps = 0;
  int64_t total_steps = 1;  // as planned at first
  // Changes of length during a run with a time budget.
  std::vector<ScheduleChange> changes;
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
  //   step, epoch e:      r decay^(1 + floor((e - decay_after) / decay_every))
  //                       if e >= decay_after, else r
  // (step - w) / (N - w) is the fraction done; after a change of length it continues from the
  // fraction reached.
  double at(int64_t step) const;

 private:
  double part_done(int64_t step) const;
};

}  // namespace charrnn
