// How many steps of a run fit into its time budget: from what steps, validations and saves have
// taken so far, on a machine whose load may change at any moment.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

namespace charrnn {

class Pace {
 public:
  // budget: seconds on the run's clock at which everything is to be over. reserve: seconds of it
  // that are needed after the last save. step_seconds: measured before, or 0.
  Pace(double budget, double reserve, double step_seconds, double validation_seconds);

  void stepped(double now, double took);
  void validated(double took);
  void saved(double took) { save_seconds_ = took; }

  // Is it time to think again? About a hundred times a run, more often near its end.
  bool due(double now) const { return now >= next_; }
  // The length of the run that ends on time: `step` steps are done at `now`, `total` are planned,
  // and each `evaluate_every` steps there is a validation (0: none but the last). A difference too
  // small to matter changes nothing.
  int64_t fitting_steps(int64_t step, int64_t total, int64_t evaluate_every, double now);
  // Nothing but the last validation and the last save fits now.
  bool over(double now) const;

 private:
  double step_seconds() const;
  double validation_seconds() const { return validation_steps_ * step_seconds(); }
  double end() const { return budget_ - reserve_ - save_seconds_ - validation_seconds(); }

  double budget_, reserve_;
  double first_step_seconds_;
  // A validation takes as long as so many steps: both feel the load. Each one's figure, and their
  // median, since a load that comes or goes falsifies single ones.
  std::vector<double> validations_;
  double validation_steps_;
  double save_seconds_ = 0;
  double next_ = 0;
  double stepping_ = 0;  // seconds in steps so far
  int64_t steps_ = 0;
  struct Mark {
    double stepping;
    int64_t steps;
  };
  std::deque<Mark> marks_;  // now and then, the oldest first
};

}  // namespace charrnn
