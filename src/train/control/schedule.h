// The learning rate of each optimizer step: a function of the step's number alone, so a resumed run
// continues with the same values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace charrnn {

// From `step` on the run is `total_steps` long: what is left of the schedule is spread over the
// steps up to there. anew: from `step` on the schedule is that of a run planned with this length
// from its beginning, so a run that had reached its end has a learning rate again.
struct ScheduleChange {
  int64_t step = 0;
  int64_t total_steps = 0;
  bool anew = false;
  bool operator==(const ScheduleChange&) const = default;
};

// Adds a change, which takes the place of one at the same step and of those that were to come
// later.
void add_change(std::vector<ScheduleChange>& changes, ScheduleChange change);

// As text "100:950,400=900": a step and the length from there on, with "=" where the schedule
// begins anew. Throws Error (kUsage) where the steps do not rise or a length is not beyond its
// step.
std::string changes_text(const std::vector<ScheduleChange>& changes);
std::vector<ScheduleChange> read_changes(std::string_view text);

enum class ScheduleKind { kConstant, kCosine, kStep };

struct Schedule {
  ScheduleKind kind = ScheduleKind::kConstant;
  double learning_rate = 1e-3;   // the highest one
  double min_learning_rate = 0;  // kCosine ends here
  int64_t warmup_steps = 0;
  int64_t total_steps = 1;  // as planned at first
  // Changes of length: by a time budget, or when the run was resumed.
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
  // fraction reached, unless the change begins anew.
  double at(int64_t step) const;

  // Whether a change begins anew at the step, at which the run as planned before it has ended: what
  // happens at the end of a run (a validation, a report) happens there too, so that one run over
  // all of the changes repeats a run that was resumed after its end.
  bool begins_anew(int64_t step) const;

 private:
  double part_done(int64_t step) const;
};

}  // namespace charrnn
