// A whole training without a terminal: from a request to the run's folder with its model. What a
// person should know on the way goes to an observer.
//
//   TrainingSession session(request, observer);  // reads the text, settles the settings
//   session.prepare();                           // measures what a budget and the report need
//   session.create_run();                        // from here on there are files
//   const StopReason reason = session.train();
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "engine/trainable_network.h"
#include "evaluate/ngram/baseline.h"
#include "session/copying.h"
#include "session/outcome.h"
#include "session/session_observer.h"
#include "session/training_options.h"
#include "session/training_setup.h"
#include "train/tensorboard/tensorboard_store.h"
#include "train/trainer.h"

namespace charrnn {

class TrainingSession {
 public:
  // Reads the text, settles all settings and makes the engine; nothing is written. Throws Error,
  // and ReadingStopped where the observer stops it.
  TrainingSession(const TrainingRequest& request, SessionObserver& observer);
  ~TrainingSession();
  TrainingSession(const TrainingSession&) = delete;
  TrainingSession& operator=(const TrainingSession&) = delete;

  // For a new run with a time budget: measures the speed and fits the run to the budget. Measures
  // what there is to beat.
  void prepare();
  // In place of prepare(), for a plan alone: measures the speed. Returns how many seconds the run
  // would take; negative where that is not known (a run that goes on).
  double estimate();

  // Opens or creates the folder and writes what a run has before its first step.
  void create_run();

  // Until the end, or until the observer stops it. Throws Error: kDiverged when training diverges,
  // kIo if the last save failed.
  StopReason train();

  // How much of a text that the model writes stands in the training text, after train(). Takes a
  // second or two.
  std::optional<Copying> measure_copying();
  // What the training has come to, after train(). Measures what is missing for it: a second or two,
  // nothing where the run was interrupted.
  Outcome outcome(StopReason reason, const std::optional<Copying>& copying);

  const TrainingSetup& setup() const { return *setup_; }
  const TrainingSettings& settings() const { return request_.options.settings; }
  const Baseline& baseline() const { return baseline_; }
  const TrainingProgress& progress() const { return trainer_->progress(); }
  int64_t losses_without_gain() const { return trainer_->early_stopping().losses_without_gain; }
  // Of a time budget.
  double seconds_left() const { return settings().time_budget - seconds_spent(); }

 private:
  friend class SessionObserver;
  using Clock = std::chrono::steady_clock;

  void sample(Network& engine);
  void measure_speed(double seconds);
  void measure_what_to_beat();
  double compared_loss() const;
  double training_loss() const;
  double running_loss(int64_t step, double reported) const;
  double seconds_after() const;
  void note_what_has_no_effect();
  void warn_of_little_room();
  void open_tensorboard();
  void keep_text();
  void add_notes();
  void keep_length();
  void write_config();
  TrainingParts parts(int64_t until);
  void make_trainer(int64_t step);
  void repeat_change();
  double seconds_spent() const {
    return std::chrono::duration<double>(Clock::now() - start_).count();
  }

  TrainingRequest request_;
  SessionObserver& observer_;
  Clock::time_point start_ = Clock::now();
  std::unique_ptr<TrainingSetup> setup_;
  std::unique_ptr<TrainableNetwork> engine_;
  TrainingSettings settings_now_;  // those of the step, which resuming may have changed later
  std::unique_ptr<TensorBoardStore> tensorboard_;  // where it is asked for
  std::unique_ptr<Trainer> trainer_;
  Baseline baseline_;
  Likeness likeness_;
};

}  // namespace charrnn
