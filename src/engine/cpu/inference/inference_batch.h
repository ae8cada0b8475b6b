// The batch of inference: rows (streams, or slices of a text) that take one step, a character each,
// through the network together.
#pragma once

#include <span>
#include <vector>

#include "engine/cpu/inference/inference_weights.h"
#include "engine/cpu/memory/cpu_state.h"
#include "engine/cpu/parallel/adaptive_parallelism.h"
#include "engine/network.h"

namespace charrnn::cpu {

// Whether several threads may be faster than one for a step of so many rows: with little work a
// barrier takes longer than what it saves.
bool threads_may_help(const InferenceWeights& weights, int rows);

// What a trace keeps of one layer and one character: [saved][padded hidden_size], one row.
struct TracedLayer {
  std::vector<float> values;
  size_t stride = 0;
};

class InferenceBatch {
 public:
  // threads: those that will call step() together.
  InferenceBatch(const ModelConfig& config, const InferenceKernels& kernels,
                 const InferenceWeights& weights, int rows, int threads = 1);

  int rows() const { return rows_; }
  // The next steps are of the first `rows` rows alone.
  void use(int rows);

  // Sets and gets one row's state, [layers][states][hidden_size].
  void load_row(int row, std::span<const float> state);
  void store_row(int row, std::span<float> state) const;
  void move_row(int from, int to);

  // From now on keeps for each unit with a second state (LSTM's c) the product of its forget gates
  // and the least |c| since restart_tracking() (state_checkpoints.h).
  void track_cell();
  void restart_tracking(int row);
  // Both [layers][hidden_size], or empty.
  void store_tracking(int row, std::span<float> forget_product,
                      std::span<float> min_abs_cell) const;
  size_t state_values() const;
  size_t padded_units() const { return padded_; }
  const float* hidden(int layer, int row) const { return state(layer, 0, row, current()); }

  // Copies the states of all rows, which are the streams of `state` in this order. Called by all
  // workers: each copies the units of its own panels, which lie in its core's cache. Others may
  // read them after a barrier.
  void load_state(const CpuState& state, const Worker& worker);
  void store_state(CpuState& state, const Worker& worker) const;

  // One character for each row. Called by all workers with the same arguments; ends with a barrier.
  // logits: whether they are wanted. traced: of each layer, or empty.
  void step(std::span<const int32_t> ids, const Worker& worker, bool logits,
            std::span<const Hold> holds = {}, std::span<TracedLayer> traced = {});

  // Of the last step: [vocabulary_size], padded with -infinity.
  const float* logits(int row) const { return logits_.data() + row * logits_stride_; }
  // log p[i] = (logits[i] - largest) - log_sum. The two are never added up: the logarithm would be
  // lost where the logits are large.
  struct Normalizer {
    float largest = 0, log_sum = 0;
    float log_probability(float logit) const { return (logit - largest) - log_sum; }
  };
  Normalizer normalizer(int row) const;
  // -log p[target]
  float loss(int row, int32_t target) const {
    return -normalizer(row).log_probability(logits(row)[target]);
  }

 private:
  // What each thread has for itself.
  struct alignas(64) PerThread {
    int current = 0;  // which of two buffers holds the state; a step writes the other
    std::vector<const float*> starts;  // [capacity]
  };

  int current() const { return per_thread_[0].current; }
  // Calls action(layer, kind, row, first unit, units) for the worker's part of each row's states.
  template <class Action>
  void for_each_range(const Worker& worker, const Action& action) const;
  int64_t state_offset(int layer, int kind, int row, int buffer) const;
  float* state(int layer, int kind, int row, int buffer) {
    return states_.data() + state_offset(layer, kind, row, buffer);
  }
  const float* state(int layer, int kind, int row, int buffer) const {
    return states_.data() + state_offset(layer, kind, row, buffer);
  }
  void* operands(int layer, int buffer);
  bool is_tracking() const { return tracking_.size() > 0; }
  int64_t tracking_offset(int kind, int layer, int row) const {
    return static_cast<int64_t>(((size_t(kind) * config_.layers + layer) * capacity_ + row) *
                                padded_);
  }
  float* tracked(int kind, int layer, int row) {
    return &tracking_[tracking_offset(kind, layer, row)];
  }
  const float* tracked(int kind, int layer, int row) const {
    return &tracking_[tracking_offset(kind, layer, row)];
  }
  void step_layer(int layer, std::span<const int32_t> ids, const Worker& worker,
                  TracedLayer* traced);
  void step_output(const Worker& worker);
  void hold(int layer, std::span<const Hold> holds, const Worker& worker);
  void make_operands(int layer, int row, int first_unit, int units, int buffer);

  ModelConfig config_;
  const InferenceKernels* kernels_;
  const InferenceWeights* weights_;
  const InferenceKernels::Entry* cell_;
  int capacity_;
  int rows_;
  size_t padded_;  // units of a row of state
  size_t logits_stride_;
  HugeArray<float> states_;    // [2][layers][states][capacity][padded]
  HugeArray<Bf16> operands_;   // bf16: [2][layers][capacity][padded]
  HugeArray<float> tracking_;  // [2][layers][capacity][padded]: what track_cell() keeps, or nothing
  HugeArray<float> logits_;    // [capacity][padded vocabulary]
  std::vector<PerThread> per_thread_;  // [threads]
};

}  // namespace charrnn::cpu
