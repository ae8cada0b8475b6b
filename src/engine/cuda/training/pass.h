// The forward and backward pass over a text: `steps` characters of `streams` streams, all layers.
// Everything is queued on one stream and nothing waits, so that it can be recorded as a graph.
#pragma once

#include <cuda_bf16.h>

#include <optional>
#include <vector>

#include "engine/cuda/kernels/loss.h"
#include "engine/cuda/kernels/stepwise.h"
#include "engine/cuda/kernels/table_gradient.h"
#include "engine/cuda/memory/products.h"
#include "engine/cuda/memory/weights.h"
#include "engine/cuda/resident/resident_plan.h"

namespace charrnn::cuda {

// What is read, on the GPU.
struct Text {
  int steps = 0;
  int streams = 0;
  const int32_t* ids = nullptr;      // [steps][streams]
  const uint8_t* resets = nullptr;   // [steps][streams], or null
  const int32_t* targets = nullptr;  // of each row that is scored
  bool last_only = false;            // the rows of the last step alone are scored

  int64_t rows() const { return int64_t{steps} * streams; }
  int64_t scored() const { return last_only ? streams : rows(); }
};

// Dropout of outputs in use, with its rates and draws on the GPU.
struct OutputDropout {
  bool between_layers = false;
  bool before_output = false;
  bool locked = false;
  const StepValues* step = nullptr;
};

// A second stream for work that the pass does not wait for: gradients of weights, and preparations.
struct Background {
  Stream stream;
  Products products = Products(stream);
};

template <class Stored>
class Pass {
 public:
  enum class Keeps { kStates, kAll };  // all: what backward and a trace need

  // Room for texts of up to so many steps, and just so many streams. background: where there is
  // one, what backward does for the weights alone is queued there, beside the way through the
  // layers; before anything else the stream has to follow it (see backward).
  Pass(const DeviceWeights<Stored>& weights, Products& products, const Stream& stream, int steps,
       int streams, Keeps keeps, Background* background = nullptr);

  // Forward through all layers. carried: the state of each layer, changed.
  void forward(const Text& text, const OutputDropout& dropout,
               const std::vector<CarriedState>& carried);
  // The logits of the scored rows, and what `rows` asks for (sizes and logits are filled in).
  void score(const Text& text, LossRows<Stored> rows);
  // Backward from d_logits(), which score() has filled, to the sums of the first layer. gradient: a
  // block in the weights' layout, or null where only d_sums() of the first layer are wanted.
  void backward(const Text& text, const OutputDropout& dropout, float* gradient);

  Stored* d_logits() const { return d_logits_.data(); }
  const Stored* d_sums() const { return layers_[0].d_sums.data(); }
  // As recurrence.h has them.
  const Stored* hidden_states(int layer) const { return layers_[layer].hidden_states.data(); }
  const Stored* other_states(int layer) const { return layers_[layer].other_states.data(); }
  const Stored* saved(int layer) const { return layers_[layer].saved.data(); }

 private:
  struct Layer {
    DeviceArray<Stored> hidden_states, other_states, saved;
    DeviceArray<Stored> dropped;  // [steps][streams][hidden]: the outputs under dropout
    DeviceArray<Stored> d_sums;   // [steps][streams][sums hidden]
    DeviceArray<Stored> before;   // [steps][streams][hidden]: h before each step, where texts begin
    DeviceArray<float> bias_parts;
  };

  void prepare(const Text& text);
  void forward_layer(int layer, const Text& text, const CarriedState& carried);
  void drop_layer(int layer, const Text& text, const OutputDropout& dropout);
  void backward_layer(int layer, const Text& text, bool last_only);
  void output_gradient(const Text& text, float* gradient);
  void layer_gradient(int layer, const Text& text, float* gradient);
  void input_gradient(int layer, const Text& text);
  void bias_gradient(int layer, float* gradient);

  // Where work for the weights alone is queued.
  const Stream& background_stream() const { return background_ ? background_->stream : stream_; }
  Products& background_products() { return background_ ? background_->products : products_; }
  void fork_background() const {
    if (background_) background_->stream.follow(stream_);
  }
  void join_background() const {
    if (background_) stream_.follow(background_->stream);
  }

  // What the layer hands on, from time 0.
  const Stored* output(int layer) const;
  int64_t plane() const { return int64_t{streams_} * layout().hidden; }
  const WeightsLayout& layout() const { return weights_.layout(); }
  bool dropped(int layer, const OutputDropout& dropout) const {
    return layer == layout().config.layers - 1 ? dropout.before_output : dropout.between_layers;
  }

  const DeviceWeights<Stored>& weights_;
  Products& products_;
  const Stream& stream_;
  int steps_, streams_;
  Keeps keeps_;
  Background* background_;
  std::optional<ResidentPlan> forward_plan_, backward_plan_;  // none: step by step
  std::vector<Layer> layers_;
  std::vector<bool> is_dropped_;  // of each layer, in this pass
  DeviceArray<Stored> table_;     // [vocabulary][gates hidden]
  DeviceArray<Stored> inputs_;    // [steps][streams][gates hidden]
  DeviceArray<float> logits_;     // [rows][vocabulary]
  DeviceArray<Stored> d_logits_;
  DeviceArray<Stored> d_outputs_;    // [steps][streams][hidden]
  DeviceArray<Stored> d_table_;      // [vocabulary][gates hidden]
  DeviceArray<float> output_parts_;  // of the gradient of the output's bias
  DeviceArray<float> stepwise_sums_, stepwise_d_states_;
  TableGradient table_gradient_;
};

}  // namespace charrnn::cuda
