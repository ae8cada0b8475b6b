// What a machine must do for a network. An engine owns the weights on its machine and does whole
// jobs, so that it may fuse and reorder freely. `reference/` is the specification, in plain loops.
//
// Ids are characters of the vocabulary. Losses are natural logarithms. Arrays are row-major, and
// the last extent named runs fastest. An engine is used by one thread at a time; it may use many
// internally.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/parameters.h"

namespace charrnn {

enum class Objective {
  kAll,   // the mean loss of every step of every stream
  kLast,  // the mean loss of each stream's last step (the notebook's windows)
};

// What one optimizer step learns from. Borrowed: valid while the caller keeps the arrays.
struct Batch {
  int steps = 0;
  int streams = 0;
  std::span<const int32_t> inputs;   // [steps][streams]
  std::span<const int32_t> targets;  // kAll: [steps][streams]; kLast: [streams]
  Objective objective = Objective::kAll;
  // Label smoothing: the weight of the uniform distribution in the target. Reported losses exclude
  // it.
  float label_smoothing = 0;
  // [steps][streams], or empty. Where it is not 0, the stream's state is zero before the step and
  // no gradient flows back over it: a document begins.
  std::span<const uint8_t> resets = {};
};

// Masks of dropout: a value is kept with odds 1 - rate and then divided by 1 - rate. Whether it is
// kept is a function of (seed, step, place, time, stream, unit) alone: see model/dropout.h.
struct Dropout {
  float between_layers = 0;  // on each layer's output but the last, as PyTorch's `dropout`
  float before_output = 0;   // on the last layer's output
  uint64_t seed = 0;
  uint64_t step = 0;
  // One mask for all times of a stream in a step instead of one for each time (Gal and Ghahramani
  // 2016, "variational").
  bool locked = false;
  // On weights, one mask for the whole step: each W_hh (DropConnect: Wan and others 2013; on
  // recurrent weights Merity, Keskar and Socher 2018) and the embedding (not where one-hot).
  float recurrent_weights = 0;
  float embedding = 0;

  bool on_outputs() const { return between_layers > 0 || before_output > 0; }
  bool on_weights() const { return recurrent_weights > 0 || embedding > 0; }
};

enum class Optimizer { kAdam, kRmsprop };
enum class Clip { kNone, kNorm, kElement };

// What an optimizer step does with the gradient. The formulas are in model/optimizer.h.
struct Update {
  Optimizer optimizer = Optimizer::kAdam;
  int64_t step = 1;  // counts from 1: Adam's bias correction
  float learning_rate = 1e-3f;
  float beta1 = 0.9f;
  float beta2 = 0.999f;  // RMSProp: the decay of the squared average
  float epsilon = 1e-8f;
  float weight_decay = 0;  // decoupled (AdamW), on matrices only: not on biases
  Clip clip = Clip::kNorm;
  float clip_limit = 1;  // kNorm: of the whole gradient's norm; kElement: of each value's size
  float average_decay =
      0;  // above 0: average = decay average + (1 - decay) weights, after the step
  Dropout dropout;
};

struct StepResult {
  double loss = 0;           // mean over the predicted characters, before the step
  double gradient_norm = 0;  // of the whole gradient, before clipping
  bool applied = true;       // false: loss or gradient is not finite, and nothing was changed
};

// The weights and everything that the optimizer keeps beside them. The last three may be empty:
// then they are zero (the average: equal to the weights).
enum class SnapshotPart { kWeights, kFirstMoment, kSecondMoment, kAverage };
inline constexpr SnapshotPart kSnapshotParts[] = {
    SnapshotPart::kWeights, SnapshotPart::kFirstMoment, SnapshotPart::kSecondMoment,
    SnapshotPart::kAverage};
template <class Values>
struct SnapshotOf {
  Values weights;
  Values first_moment;
  Values second_moment;
  Values average;

  Values& operator[](SnapshotPart part) {
    Values* const parts[] = {&weights, &first_moment, &second_moment, &average};
    return *parts[static_cast<int>(part)];
  }
  const Values& operator[](SnapshotPart part) const { return const_cast<SnapshotOf&>(*this)[part]; }
};
using Snapshot = SnapshotOf<Parameters>;

// The carried state of some streams, on the engine's machine: for each layer h (and c). New ones
// are zero. On the host it is [layers][states][streams][hidden_size].
class State {
 public:
  virtual ~State() = default;
  virtual int streams() const = 0;
  virtual void read(std::span<float> values) const = 0;
  virtual void write(std::span<const float> values) = 0;
  virtual void clear() = 0;
  virtual void clear_stream(int stream) = 0;
  virtual void copy_stream(int from, int to) = 0;  // within this state
};

// Holds one unit's output at a value (to see what it does to the text).
struct Hold {
  int layer = 0;
  int unit = 0;
  float value = 0;
};

// What a network computed while it read a text of `times` characters, one stream.
struct Trace {
  int times = 0;
  std::vector<float> hidden;  // [layers][times][hidden_size]
  std::vector<float> cell;    // LSTM's c, the same shape; else empty
  std::vector<float> saved;   // [layers][times][Cell::saved][hidden_size]: the gates, see cells.h
  std::vector<float> log_probabilities;  // [times][vocabulary_size]: of the character that follows
};

struct EngineInfo {
  std::string device;     // "cpu", "cuda", "reference"
  std::string isa;        // instruction set: "avx512-bf16", "avx2", …; GPU: its name
  std::string precision;  // "f32", "bf16", "f64"
  int threads = 1;
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual const ModelConfig& config() const = 0;
  virtual EngineInfo info() const = 0;

  // Host → machine: one part, the others stay; empty values are what the snapshot says of them.
  virtual void load_part(SnapshotPart part, const Parameters& values) = 0;
  // Machine → host, exactly. An average that there is not yet is stored as empty.
  virtual void store_part(SnapshotPart part, Parameters& values) const = 0;
  // All parts.
  void load(const Snapshot& snapshot) {
    for (const SnapshotPart part : kSnapshotParts) load_part(part, snapshot[part]);
  }
  void store(Snapshot& snapshot) const {
    for (const SnapshotPart part : kSnapshotParts) store_part(part, snapshot[part]);
  }
  // The average takes the place of the weights and they its, until the next exchange. Nothing where
  // there is no average.
  virtual void exchange_average() = 0;
  virtual std::unique_ptr<State> new_state(int streams) const = 0;

  // Forward, backward, clip, update. The state is carried in and out (without gradient).
  virtual StepResult train_step(const Batch& batch, State& state, const Update& update) = 0;

  // The mean loss and its gradient, nothing changed but the state: for tests and to look inside.
  virtual double gradient(const Batch& batch, State& state, const Dropout& dropout,
                          Parameters& gradient) = 0;

  // One character for each of the first ids.size() streams: logits [ids][vocabulary_size]. A
  // stream's result is the same, bit for bit, whichever streams are beside it. holds: units of all
  // streams held at values.
  virtual void advance(std::span<const int32_t> ids, State& state, std::span<float> logits,
                       std::span<const Hold> holds = {}) = 0;

  // One stream reads ids; ids[0] is given, each later one predicted. Returns the sum of their
  // losses in nats and, where `surprise` is not empty, writes each one's (ids.size() - 1 values).
  // Afterwards the state has read all but the last id, so the next piece of a long text begins with
  // that one. resets: of ids.size() values, or empty; where it is not 0 the state is zero before
  // the id is read.
  virtual double evaluate(std::span<const int32_t> ids, State& state,
                          std::span<float> surprise = {}, std::span<const uint8_t> resets = {}) = 0;

  // One stream reads ids; everything computed on the way.
  virtual void trace(std::span<const int32_t> ids, State& state, Trace& trace) = 0;

  // How much each character read matters for a prediction: for each ids[t] the L2 norm of the
  // gradient of log p(target | ids) with respect to the embedding that the network saw at t (state
  // zero at first).
  virtual std::vector<float> sensitivity(std::span<const int32_t> ids, int32_t target) = 0;
};

}  // namespace charrnn
