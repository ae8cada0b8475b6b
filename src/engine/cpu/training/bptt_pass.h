// The forward and backward pass (backpropagation through time) of a slice of the batch: all layers
// and times, by one thread, without a barrier. A row's numbers do not depend on the slice it is in.
#pragma once

#include <vector>

#include "engine/cpu/training/saved_activations.h"

namespace charrnn::cpu {

template <class S>
class BpttPass {
 public:
  // Rows [first, last) of the saved activations.
  BpttPass(const Weights<S>& weights, SavedActivations<S>& saved, int first, int last);

  // Reads saved.state (the carried state) and saved.inputs (the characters). Writes all saved
  // activations (gates: the gradient of their sums), the loss and the state after the last time.
  void run(const Batch& batch, const Dropout& dropout);

 private:
  // The last few times' operands of a layer: a ring of kChunk + 1.
  struct Layer {
    HugeArray<S> hidden, masked;  // [ring][block][rows][W]
    HugeArray<S> d_sums;          // [ring][block][sums][rows][W]
    HugeArray<float> d_state;     // [states][block][rows][W]
    // Where streams are reset: h before a time, and the gradient of the sums of the time after it,
    // as the recurrence has them. One slot each.
    HugeArray<S> previous, d_next;
  };

  void load_state(int layer);
  void forward_chunk(int first_time, int last_time);
  void forward(int layer, int time);
  void loss(int time);
  void backward_chunk(int first_time, int last_time);
  void backward(int layer, int time);
  void reset_before(int layer, int time, ForwardStep<S>& step);
  void stop_gradient_before(int layer, int time, BackwardStep<S>& step);
  // Rows whose state is zero before `time`, in reset_rows_.
  bool find_resets(int time);
  bool has_loss(int time) const;
  float rate(int layer) const;
  Mask mask(int layer, int time);
  int64_t slot(int time) const { return (time + 1) % ring_; }
  Operand<S> operand(const S* values, const std::vector<int32_t>& offsets,
                     const MatrixLayout& linear, const S* panels, int64_t panel_stride) const;
  Operand<S> transposed(const S* values, const std::vector<int32_t>& offsets,
                        const MatrixLayout& linear) const;

  const Weights<S>& weights_;
  const Layout& layout_;
  SavedActivations<S>& saved_;
  const int first_, rows_, lanes_;
  int ring_;
  std::vector<Layer> layers_;
  std::vector<int32_t> block_offsets_;  // of h: [block]
  std::vector<int32_t> input_offsets_;  // of the gradient of the sums W_ih x adds to: [block][gate]
  std::vector<int32_t> recurrent_offsets_;  // the same for W_hh h
  std::vector<int32_t> logit_offsets_;
  std::vector<int64_t> starts_, no_starts_;
  std::vector<uint64_t> keys_;
  std::vector<int> reset_rows_;
  HugeArray<float> logits_;
  int64_t logits_stride_;
  int64_t hidden_slot_, d_sums_slot_;  // values in a slot of the rings
  const Batch* batch_ = nullptr;
  const Dropout* dropout_ = nullptr;
};

}  // namespace charrnn::cpu
