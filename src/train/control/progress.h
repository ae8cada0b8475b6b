// The progress of a training run: plain numbers, all of them stored in checkpoints.
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
  double seconds = 0;       // over all invocations of the run

  // Sums over the steps since the last report.
  int64_t summed_steps = 0;
  double loss_sum = 0;
  double gradient_norm_sum = 0;

  double first_loss = kUnknown;
  double train_loss = kUnknown;       // of the last report
  double validation_loss = kUnknown;  // the last one
  double best_validation_loss = kUnknown;
  double best_validation_margin = kUnknown;  // half of its 95 % interval
  double best_train_loss = kUnknown;         // when that was measured
  int64_t best_step = 0;
  int64_t validations_without_gain = 0;  // or, without held-out text, stretches
  double gain_loss = kUnknown;           // the loss from which a gain is measured
  // Without held-out text: since the last step at which a validation would have been due.
  int64_t stretch_steps = 0;
  double stretch_loss_sum = 0;

  double learning_rate = 0;        // of the last step
  double learning_rate_scale = 1;  // halved by each rollback
  int64_t skipped_steps = 0;       // not applied: their loss was not a number
  int64_t skipped_in_a_row = 0;
  int64_t rollbacks = 0;
  int64_t good_step = 0;  // of the weights that a rollback restores

  std::vector<ScheduleChange> changes;  // of the schedule, so far
};

}  // namespace charrnn
