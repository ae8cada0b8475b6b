// One piece of work that `charrnn bench` times, on an engine with random weights.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/factory/make_trainable_network.h"
#include "engine/peak.h"

namespace charrnn {

enum class WorkKind { kTrain, kSample, kEvaluate };

struct WorkSettings {
  WorkKind kind = WorkKind::kTrain;
  ModelConfig model;
  Objective objective = Objective::kAll;
  int steps = 64;    // training: characters per stream and step
  int streams = 64;  // training: rows of the batch; sampling: texts at once

  // "train lstm 2x512, batch 64 x 64"
  std::string name() const;
};

class Work {
 public:
  Work(const WorkSettings& settings, const EngineOptions& options);

  // Repeats the work for at least `seconds`, or until a signal asks to stop; returns this round's
  // characters per second.
  double run(double seconds);

  const WorkSettings& settings() const { return settings_; }
  EngineInfo info() const { return engine_->info(); }
  double flops_per_character() const;
  // The machine's limit in characters per second: by arithmetic or, for sampling few streams, by
  // the bandwidth at which weights can be read.
  double limit(const Peak& peak) const;

 private:
  int64_t repeat_once();

  WorkSettings settings_;
  Precision precision_;
  std::unique_ptr<TrainableNetwork> engine_;
  std::unique_ptr<State> state_;
  std::vector<int32_t> inputs_;
  std::vector<int32_t> targets_;
  std::vector<float> logits_;
  Update update_;
};

}  // namespace charrnn
