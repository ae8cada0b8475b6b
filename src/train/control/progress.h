// The progress of a training run: plain numbers, all of them stored in checkpoints. `visit` is what
// writes and reads them, by name: whole numbers, real ones (NaN where unknown), and `later` those
// that version 0.1.0 does not have.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "train/control/schedule.h"

namespace charrnn {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

struct TrainingProgress {
  int64_t step = 0;         // optimizer steps done
  int64_t total_steps = 0;  // of the whole run, as planned now
  int64_t epoch = 0;        // epochs begun before this one
  int64_t batch = 0;        // batches of this epoch that are done
  int64_t characters = 0;   // read by all steps
  double seconds = 0;       // over all sittings (invocations) of the run

  // Sums over the steps since the last report.
  int64_t summed_steps = 0;
  double loss_sum = 0;
  double gradient_norm_sum = 0;

  double first_loss = kUnknown;
  double train_loss = kUnknown;       // of the last report
  double validation_loss = kUnknown;  // the last one
  double best_validation_loss = kUnknown;
  double best_validation_margin = kUnknown;  // from the spread within the text
  double best_train_loss = kUnknown;         // when that was measured
  int64_t best_step = 0;

  double learning_rate = 0;  // of the last step
  // What Adam's moments have seen: the steps that were applied and not undone by a rollback.
  int64_t updates = 0;

  std::vector<ScheduleChange> changes;  // of the schedule, so far

  template <class Self, class Fields>
  static void visit(Self& self, Fields&& fields) {
    fields.whole("step", self.step);
    fields.whole("total_steps", self.total_steps);
    fields.whole("epoch", self.epoch);
    fields.whole("batch", self.batch);
    fields.whole("characters", self.characters);
    fields.whole("summed_steps", self.summed_steps);
    fields.whole("best_step", self.best_step);
    fields.later("updates", self.updates);
    fields.real("seconds", self.seconds);
    fields.real("loss_sum", self.loss_sum);
    fields.real("gradient_norm_sum", self.gradient_norm_sum);
    fields.real("first_loss", self.first_loss);
    fields.real("train_loss", self.train_loss);
    fields.real("validation_loss", self.validation_loss);
    fields.real("best_validation_loss", self.best_validation_loss);
    fields.real("best_validation_margin", self.best_validation_margin);
    fields.real("best_train_loss", self.best_train_loss);
    fields.real("learning_rate", self.learning_rate);
    fields.changes("schedule_changes", self.changes);
  }
};

}  // namespace charrnn
