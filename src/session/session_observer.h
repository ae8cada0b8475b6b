// Watches a whole training: what is said about it on the way, and what its trainer reports.
#pragma once

#include <string>

#include "train/trainer.h"

namespace charrnn {

class TrainingSession;

// Called on the thread of the session; may throw to end it.
class SessionObserver : public TrainingObserver {
 public:
  // What was chosen, made smaller or left out: one line for a person.
  virtual void said(const std::string&) {}
  // A text of --sample-every, which is in the run's folder already.
  virtual void sampled(const std::string& /*text*/) {}

  void sample(Network& engine) final;

 private:
  friend class TrainingSession;
  TrainingSession* session_ = nullptr;
};

}  // namespace charrnn
