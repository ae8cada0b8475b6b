// Saves a run while it trains: when it is due, with patience towards a disk that is full for a
// while, and the model beside the checkpoint.
#pragma once

#include <functional>
#include <string>

#include "model/file/model_file.h"
#include "train/checkpoint/checkpoint.h"
#include "train/checkpoint/metrics.h"

namespace charrnn {

// Persistent storage of a run. Throws Error (kIo).
class TrainingStore {
 public:
  virtual ~TrainingStore() = default;
  virtual void save(const CheckpointSource& source) = 0;
  virtual void save_model(const Model& model) = 0;
  // Returns the message of the first failure; else empty.
  virtual std::string append(const Report& report) = 0;
};

class RunSaver {
 public:
  struct Parts {
    TrainingStore* store = nullptr;  // null: nothing is ever saved
    int64_t every_steps = 0;         // 0: by the clock alone
    double interval = 0;             // seconds
    // What is to be saved, now.
    std::function<CheckpointSource()> checkpoint;
    std::function<Model()> model;
    std::function<double()> seconds;  // the clock
    std::function<void(const std::string&)> warn;
  };
  explicit RunSaver(Parts parts) : parts_(std::move(parts)) {}

  // model_is_saved: whether the model file is that of the checkpoint, should there be a best one.
  void begin(bool model_is_saved);

  // The checkpoint, and the model unless the best one is saved already. Throws Error (kIo).
  void save(bool has_best);
  // Saves if it is due after this step. A save that fails costs nothing but safety: training goes
  // on with a warning, and it is tried again. Returns whether it saved.
  bool save_if_due(int64_t step, bool has_best);
  // There is a new best model: it is saved now or, where that fails, with the next checkpoint.
  void save_best();

  double save_seconds() const { return save_seconds_; }  // what the last save took

 private:
  bool is_due(int64_t step) const;
  bool try_to(const std::function<void()>& save_something);
  void write_model();

  Parts parts_;
  double saved_at_ = 0;  // on the clock
  double save_seconds_ = 0;
  bool model_is_saved_ = true;  // the best so far
};

}  // namespace charrnn
