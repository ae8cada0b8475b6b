// Everything needed to resume a run as if it had never stopped: one safetensors file.
// docs/training.md lists its tensors and metadata.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/files/file_system.h"
#include "base/random.h"
#include "engine/trainable_network.h"
#include "text/characters/vocabulary.h"
#include "train/control/divergence_guard.h"
#include "train/control/early_stopping.h"
#include "train/control/progress.h"
#include "train/settings/setting_values.h"

namespace charrnn {

// Everything but arrays of the parameters' shape.
struct CheckpointFacts {
  TrainingProgress progress;
  EarlyStoppingState early_stopping;
  DivergenceState divergence;
  std::vector<float> carried;  // State of the streams: [layers][states][streams][hidden_size]
  MersenneTwister::State generator = {};  // before the order of this epoch was drawn
  Vocabulary vocabulary;
  uint64_t corpus_hash = 0;
  SettingValues settings;
};

struct Checkpoint : CheckpointFacts {
  Snapshot snapshot;
  Snapshot good;    // what a rollback restores; its weights may be empty
  Parameters best;  // of the best validation so far; empty: none yet

  const ModelConfig& config() const { return snapshot.weights.config(); }
};

// Arrays of the parameters' shape come in groups: weights, moments, EMA, …
struct CheckpointGroup {
  enum class Of { kNow, kGood, kBest };
  const char* name;
  Of of;
  SnapshotPart part;

  const Parameters& in(const Checkpoint& checkpoint) const;
  Parameters& in(Checkpoint& checkpoint) const;
};

// The source of a checkpoint. Groups are requested one at a time, so the engine's arrays need not
// all be copied at once.
struct CheckpointSource {
  // Borrows the checkpoint's arrays.
  CheckpointSource(const Checkpoint& checkpoint)
      : facts(checkpoint), group([&checkpoint](const CheckpointGroup& g) -> const Parameters& {
          return g.in(checkpoint);
        }) {}
  CheckpointSource(CheckpointFacts own_facts,
                   std::function<const Parameters&(const CheckpointGroup&)> own_group)
      : facts(std::move(own_facts)), group(std::move(own_group)) {}

  // All of it in memory.
  Checkpoint collect() const;

  CheckpointFacts facts;
  // Empty if there is none. The result must stay valid until the next request.
  std::function<const Parameters&(const CheckpointGroup&)> group;
};

// Replaces atomically and durably. Throws Error (kIo).
void write_checkpoint(const std::string& path, const CheckpointSource& source,
                      FileSystem& files = real_file_system());

// The shapes of the tensors give the network; whatever else says something about it, settings and
// metadata, must agree, which is checked before anything of its size is allocated. Throws Error
// (kModel, kIo).
Checkpoint read_checkpoint(const std::string& path);
// The same for a whole file in memory; path is for messages.
Checkpoint parse_checkpoint(std::string content, const std::string& path);

}  // namespace charrnn
