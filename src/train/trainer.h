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
#include "train/control/pace.h"
#include "train/control/schedule.h"
#include "train/control/spike_watch.h"
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

// Persistent storage of a run. Throws Error (kIo).
class TrainingStore {
 public:
  virtual ~TrainingStore() = default;
  virtual void save(const CheckpointSource& source) = 0;
  virtual void save_model(const Model& model) = 0;
  // Returns the message of the first failure; else empty.
  virtual std::string append(const Report& report) = 0;
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
  double seconds_spent = 0;     // of a --time budget, before the trainer begins
  double seconds_reserved = 0;  // of it, for what comes after the trainer
  double step_seconds = 0;      // what a step and a validation take, where that was measured
  double validation_seconds = 0;
  TrainingStore* store = nullptr;  // null: nothing is saved
};

class Trainer {
 public:
  Trainer(TrainingParts parts, TrainingObserver& observer);

  // Starts a new run. generator: its state after the initial values were drawn.
  void start(const Parameters& initial, const MersenneTwister& generator, int64_t total_steps);
  // Resumes a run; total_steps may differ from the checkpoint's.
  void resume(Checkpoint checkpoint, int64_t total_steps);

  // Until the end, or until the observer stops it. Throws Error: kDiverged when training diverges
  // (the best model is kept), kIo if the last save failed.
  StopReason run();

  const TrainingProgress& progress() const { return progress_; }
  // The model to share: the best by validation, or the last if nothing is validated.
  Model model();
  Checkpoint checkpoint();

 private:
  using Clock = std::chrono::steady_clock;

  void prepare(int64_t total_steps);
  StopReason loop();
  void finish(StopReason reason);
  void begin_epoch();
  void step();
  Batch next_batch();
  Update next_update() const;
  void skip_step(const Update& update);
  void watch_for_spikes(const StepResult& result, const Update& update);
  void remember_good();
  void roll_back(const std::string& why);
  [[noreturn]] void diverge(const Update& update, const std::string& what);
  std::string first_bad_tensor();
  void report();
  void validate();
  void count_gain(double loss);
  void add_to_stretch(double loss);
  void judge_stretch();
  void with_model_weights(const std::function<void()>& use);
  template <class Save>
  void try_to(Save&& save_something);
  CheckpointSource checkpoint_source();
  void write_model();
  void save_best();
  void save();
  void save_if_due();
  double seconds() const;
  bool out_of_time() const { return pace_ && pace_->over(seconds()); }
  void keep_pace();
  bool can_validate() const { return parts_.validation.size >= 2; }
  double epochs_done() const;

  TrainingParts parts_;
  TrainingObserver& observer_;
  Schedule schedule_;
  std::optional<Pace> pace_;  // with a time budget
  TrainingProgress progress_;
  Snapshot good_;  // what a rollback restores; empty without rollback
  SpikeWatch spikes_;
  Parameters best_;
  std::unique_ptr<State> state_;
  MersenneTwister generator_;
  MersenneTwister::State epoch_generator_ = {};
  BatchIds ids_;
  Clock::time_point sitting_start_;
  double seconds_before_ = 0;    // of earlier invocations
  double stepping_seconds_ = 0;  // since the last report
  int64_t reported_characters_ = 0;
  double saved_seconds_ = 0;    // at the last save
  double save_took_ = 0;        // seconds, the last time
  bool model_is_saved_ = true;  // the best so far
  int64_t validated_step_ = -1;
  int64_t reported_step_ = -1;
  bool explosion_warned_ = false;
};

}  // namespace charrnn
