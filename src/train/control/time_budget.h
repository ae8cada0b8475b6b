// Estimates how many steps fit into the time budget of one sitting (one invocation of the program
// on a run) from the durations of steps, validations and saves so far. The machine's load may
// change at any time.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

namespace charrnn {

class TimeBudget {
 public:
  // Seconds throughout, on a clock that begins with the sitting, as the budget does. reserve: the
  // part of the budget that is needed after the last save. step_seconds, validation_seconds:
  // measured or estimated beforehand, or 0.
  TimeBudget(double budget, double reserve, double step_seconds, double validation_seconds);

  void stepped(double now, double took);
  void validated(double took);
  void saved(double took) { save_seconds_ = took; }

  // Whether to plan again: about a hundred times per run, more often near its end.
  bool due(double now) const { return now >= next_; }
  // The number of steps with which the run ends on time, given `step` steps done at `now`, `total`
  // planned, and a validation every `evaluate_every` steps (0: only the last). Small differences
  // are ignored.
  int64_t fitting_steps(int64_t step, int64_t total, int64_t evaluate_every, double now);
  // Only the last validation and the last save still fit. Never before a first step.
  bool over(double now) const;

 private:
  double step_seconds() const;
  double validation_seconds() const { return validation_steps_ * step_seconds(); }
  double end() const { return budget_ - reserve_ - save_seconds_ - validation_seconds(); }

  double budget_, reserve_;
  double first_step_seconds_;
  // Validation times in units of steps, since load slows both; and their median, since a change of
  // load distorts single measurements.
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
  std::deque<Mark> marks_;  // samples, oldest first
};

}  // namespace charrnn
