// What a machine does with a network whose weights stand: reading texts. Sampling, evaluating,
// looking inside and serving need no more; trainable_network.h adds learning. `reference/` is the
// specification, in plain loops.
//
// A network owns a copy of its weights on its machine and does whole jobs, so that it may fuse and
// reorder freely. Ids are characters of the vocabulary. Losses are natural logarithms (nats).
// Arrays are row-major, the last extent fastest, and borrowed for the call.
//
// Threads: one at a time calls a network and its states; inside, it may use many. What a caller got
// wrong (sizes, ids) ends in a failed check (base/error.h); a machine's own failure (no memory, a
// GPU that does not answer) is thrown.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/parameters.h"

namespace charrnn {

// The carried state of some streams, on the network's machine: for each layer h (and c). New ones
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

// Asked now and then, on the calling thread, by what may take long: true ends it. May be empty.
using ShouldStop = std::function<bool()>;

class Network {
 public:
  virtual ~Network() = default;
  virtual const ModelConfig& config() const = 0;
  virtual EngineInfo info() const = 0;

  // Host → machine: copies and packs them. weights: of this network's configuration. A network is
  // made with weights of zero. States stay as they are.
  virtual void load_weights(const Parameters& weights) = 0;

  virtual std::unique_ptr<State> new_state(int streams) const = 0;

  // One character for each of the first ids.size() streams: logits [ids][vocabulary_size]. A
  // stream's result is the same, bit for bit, whichever streams are beside it. holds: units of all
  // streams held at values.
  virtual void advance(std::span<const int32_t> ids, State& state, std::span<float> logits,
                       std::span<const Hold> holds = {}) = 0;

  // One stream reads ids; ids[0] is given, each later one predicted. Returns the sum of their
  // losses and, where `surprise` is not empty, writes each one's (ids.size() - 1 values).
  // Afterwards the state has read all but the last id, so the next piece of a long text begins with
  // that one. resets: of ids.size() values, or empty; where it is not 0 the state is zero before
  // the id is read.
  virtual double evaluate(std::span<const int32_t> ids, State& state,
                          std::span<float> surprise = {}, std::span<const uint8_t> resets = {}) = 0;

  // One stream reads ids; everything computed on the way.
  virtual void trace(std::span<const int32_t> ids, State& state, Trace& trace) = 0;

  // How much each character read matters for a prediction: for each ids[t] the L2 norm of the
  // gradient of log p(target | ids) with respect to the embedding that the network saw at t (state
  // zero at first). Empty where it was stopped.
  virtual std::vector<float> sensitivity(std::span<const int32_t> ids, int32_t target,
                                         const ShouldStop& should_stop = {}) = 0;
};

}  // namespace charrnn
