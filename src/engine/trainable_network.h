// A network that learns: one optimizer step on a batch is one job, from the forward pass to the new
// weights. Beside the weights it keeps the optimizer's moments and, where it is asked for, an
// exponential moving average (EMA) of the weights. The rules of network.h hold here too.
#pragma once

#include <cstdint>
#include <span>

#include "engine/network.h"

namespace charrnn {

enum class Objective {
  kAll,   // the mean loss of every step of every stream
  kLast,  // the mean loss of each stream's last step (the notebook's windows)
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

// What one optimizer step learns from, and how the forward pass reads it. Borrowed: valid while the
// caller keeps the arrays.
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
  Dropout dropout = {};
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
  float ema_decay = 0;   // above 0: ema = decay ema + (1 - decay) weights, after the step
};

struct StepResult {
  double loss = 0;           // mean over the predicted characters, before the step
  double gradient_norm = 0;  // of the whole gradient, before clipping
  bool applied = true;       // false: loss or gradient is not finite, and nothing was changed
};

// The weights and everything that the optimizer keeps beside them. The last three may be empty:
// moments that are zero, an EMA that there is not.
enum class SnapshotPart { kWeights, kFirstMoment, kSecondMoment, kEma };
inline constexpr SnapshotPart kSnapshotParts[] = {SnapshotPart::kWeights,
                                                  SnapshotPart::kFirstMoment,
                                                  SnapshotPart::kSecondMoment, SnapshotPart::kEma};
template <class Values>
struct SnapshotOf {
  Values weights;
  Values first_moment;
  Values second_moment;
  Values ema;

  Values& operator[](SnapshotPart part) {
    Values* const parts[] = {&weights, &first_moment, &second_moment, &ema};
    return *parts[static_cast<int>(part)];
  }
  const Values& operator[](SnapshotPart part) const { return const_cast<SnapshotOf&>(*this)[part]; }
};
using Snapshot = SnapshotOf<Parameters>;

class TrainableNetwork : public Network {
 public:
  // Forward, backward, clip, update. The state is carried in and out (without gradient). Where the
  // result says that it was not applied, weights, moments and state are what they were.
  virtual StepResult train_step(const Batch& batch, State& state, const Update& update) = 0;

  // The mean loss and its gradient, nothing changed but the state: for tests and to look inside.
  virtual double gradient(const Batch& batch, State& state, Parameters& gradient) = 0;

  // The EMA takes the place of the weights and they its, until the next swap. Nothing where there
  // is no EMA.
  virtual void swap_ema() = 0;

  // Host → machine: one part, the others stay. Empty values: zero moments, no EMA.
  virtual void load_part(SnapshotPart part, const Parameters& values) = 0;
  // Machine → host, exactly. An EMA that there is not is stored as empty.
  virtual void store_part(SnapshotPart part, Parameters& values) const = 0;
  // All parts.
  void load(const Snapshot& snapshot) {
    for (const SnapshotPart part : kSnapshotParts) load_part(part, snapshot[part]);
  }
  void store(Snapshot& snapshot) const {
    for (const SnapshotPart part : kSnapshotParts) store_part(part, snapshot[part]);
  }
  // Weights that nothing was learned from yet: the moments are zero, and there is no EMA.
  void load_weights(const Parameters& weights) final {
    load_part(SnapshotPart::kWeights, weights);
    for (const SnapshotPart part : std::span(kSnapshotParts).subspan(1)) load_part(part, {});
  }
};

}  // namespace charrnn
