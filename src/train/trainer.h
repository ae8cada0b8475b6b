// The training loop: batches through an engine, the learning rate by schedule, validation now and
// then, the best weights kept, everything saved so that a run can be interrupted at any moment.
// Results depend on step counts alone, never on the clock (except for the length of a --time run).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "engine/trainable_network.h"
#include "model/file/model_file.h"
#include "text/batches.h"
#include "train/checkpoint/checkpoint.h"
#include "train/checkpoint/metrics.h"
#include "train/checkpoint/run_saver.h"
#include "train/control/divergence_guard.h"
#include "train/control/early_stopping.h"
#include "train/control/schedule.h"
#include "train/control/time_budget.h"
#include "train/settings/settings.h"

namespace charrnn {

enum class StopReason { kSteps, kEpochs, kTime, kEarly, kSignal };
std::string_view stop_reason_name(StopReason reason);

// Observes a run. Called on the trainer's thread; may throw to end it.
class TrainingObserver {
 public:
  virtual ~TrainingObserver() = default;
  virtual bool stop() { return false; }                              // asked after every step
  virtual void stepped(const TrainingProgress&, double /*loss*/) {}  // after every step
  virtual void reported(const Report&) {}
  virtual void validated(const TrainingProgress&, bool /*is_best*/) {}
  virtual void saved(const TrainingProgress&) {}
  virtual void replanned(const TrainingProgress&) {}  // the run's length changed, by its budget
  virtual void warned(const std::string&) {}          // a save that failed, a step that was skipped
  // Every --sample-every steps. The engine holds the weights that would be saved as the model.
  virtual void sample(Network&) {}
};

// The parts of a run, all of which must outlive the trainer.
struct TrainingParts {
  TrainableNetwork& engine;
  Batches& batches;
  IdView validation;        // fewer than 2 characters: nothing is validated
  DocumentBorders borders;  // of the validation part too
  const Vocabulary& vocabulary;
  const TrainingSettings& settings;
  SettingValues setting_values;  // the same as text, for the checkpoint
  uint64_t seed = 0;
  uint64_t corpus_hash = 0;
  int64_t max_steps = 0;        // with a time budget: the end where it comes first; 0: none
  int64_t until = INT64_MAX;    // the step at which settings change: it stops as for a signal
  double seconds_spent = 0;     // of this sitting, before the trainer begins
  double seconds_reserved = 0;  // of a time budget, for what comes after the trainer
  double step_seconds = 0;      // what a step and a validation take, where that was measured
  double validation_seconds = 0;
  TrainingStore* store = nullptr;  // null: nothing is saved
};

class Trainer {
 public:
  Trainer(TrainingParts parts, TrainingObserver& observer);

  // Starts a new run. generator: its state after the initial values were drawn.
  void start(const Parameters& initial, const MersenneTwister& generator, int64_t total_steps);
  // Resumes a run. total_steps may differ from the checkpoint's: then the schedule changes at this
  // step. With a time budget the length is what fits into it from here on. Throws Error (kModel),
  // with nothing loaded, where the checkpoint is of another network or text.
  void resume(Checkpoint checkpoint, int64_t total_steps);

  // Whether there is nothing left to do: all steps are done, or it has stopped early.
  bool is_finished() const;
  // Whether it has stopped at parts.until, with steps left to do.
  bool is_at_change() const {
    return progress_.step == parts_.until && progress_.step < progress_.total_steps;
  }

  // Until the end, or until the observer stops it or parts.until is reached (kSignal). Throws
  // Error: kDiverged when training diverges (the best model is kept, the last checkpoint stays),
  // kIo if the last save failed.
  StopReason run();

  const TrainingProgress& progress() const { return progress_; }
  const EarlyStoppingState& early_stopping() const { return stopping_.state(); }
  DivergenceState divergence() const { return guard_.state(); }
  // The model to share: the best by validation, or the last if nothing is validated.
  Model model();
  Checkpoint checkpoint();

 private:
  using Clock = std::chrono::steady_clock;

  void begin_sitting();
  void plan_first_length(int64_t total_steps);
  void plan_next_length(int64_t total_steps);
  void set_length(int64_t total_steps, bool anew);
  void keep_time();
  StopReason loop();
  void finish(StopReason reason);
  void judge();
  void begin_epoch();
  void step();
  Batch batch_at(int64_t index);
  Update next_update() const;
  void handle_failed_step(const Update& update);
  void watch_for_explosions(const StepResult& result, const Update& update);
  bool is_explosion(int64_t batch);
  void remember_good();
  void roll_back(const std::string& why);
  [[noreturn]] void diverge(const Update& update, const std::string& what);
  void check_kept_model();
  void report();
  void warn_of_high_loss();
  void validate();
  double loss_at_first_batch();
  void with_model_weights(const std::function<void()>& use);
  CheckpointSource checkpoint_source();
  void saved();
  double seconds() const;
  double sitting_seconds() const { return seconds() - earlier_seconds_; }
  bool out_of_time() const { return budget_ && budget_->over(sitting_seconds()); }
  bool can_validate() const { return parts_.validation.size >= 2; }
  double uniform_loss() const;
  double epochs_done() const;

  TrainingParts parts_;
  TrainingObserver& observer_;
  Schedule schedule_;
  TrainingProgress progress_;
  std::optional<TimeBudget> budget_;
  EarlyStopping stopping_;
  DivergenceGuard guard_;
  RunSaver saver_;
  Parameters best_;
  std::unique_ptr<State> state_;
  MersenneTwister generator_;
  MersenneTwister::State epoch_generator_ = {};
  BatchIds ids_;
  Clock::time_point start_time_;
  double start_seconds_ = 0;     // on the run's clock, when start_time_ was
  double earlier_seconds_ = 0;   // of earlier sittings
  double stepping_seconds_ = 0;  // since the last report
  int64_t reported_characters_ = 0;
  int64_t validated_step_ = -1;
  int64_t reported_step_ = -1;
  bool high_loss_warned_ = false;
};

}  // namespace charrnn
