// Everything needed to go on with a run as if it had never stopped: one safetensors file.
// docs/training.md lists its tensors and metadata.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "engine/engine.h"
#include "text/vocabulary.h"
#include "train/progress.h"
#include "train/spike_watch.h"

namespace charrnn {

// Options by name; a repeatable one has many values.
using SettingValues = std::map<std::string, std::vector<std::string>>;

struct Checkpoint {
  TrainingProgress progress;
  Snapshot snapshot;
  Snapshot good;               // what a rollback goes back to; its weights may be empty
  RecentSteps recent;          // before this one
  Parameters best;             // of the best validation so far; empty: none yet
  std::vector<float> carried;  // State of the streams: [layers][states][streams][hidden_size]
  MersenneTwister::State generator = {};  // before the order of this epoch was drawn
  Vocabulary vocabulary;
  uint64_t corpus_hash = 0;
  SettingValues settings;

  const ModelConfig& config() const { return snapshot.weights.config(); }
};

// Replaces atomically and durably. Throws Error (kIo).
void write_checkpoint(const std::string& path, const Checkpoint& checkpoint);

// Everything is checked; throws Error (kModel, kIo).
Checkpoint read_checkpoint(const std::string& path);

}  // namespace charrnn
