#include "engine/cuda/training/pass.h"

#include <algorithm>

#include "base/error.h"
#include "engine/cuda/kernels/input_table.h"
#include "engine/cuda/kernels/output_dropout.h"
#include "engine/cuda/resident/resident.h"

namespace charrnn::cuda {

template <class Stored>
Pass<Stored>::Pass(const DeviceWeights<Stored>& weights, Products& products, const Stream& stream,
                   int steps, int streams, Keeps keeps, Background* background)
    : weights_(weights),
      products_(products),
      stream_(stream),
      steps_(steps),
      streams_(streams),
      keeps_(keeps),
      background_(background) {
  const WeightsLayout& sizes = layout();
  const int word_values = std::is_same_v<Stored, float> ? 1 : 2;
  const DeviceSize device = device_size();
  const int64_t rows = int64_t{steps} * streams, states = rows + streams;
  const int64_t gates = int64_t{sizes.gates} * sizes.hidden;
  const bool all = keeps == Keeps::kAll;
  ResidentWork work = {sizes.hidden, sizes.hidden, sizes.gates, word_values, streams};
  forward_plan_ = plan_resident(work, device);
  work.depth = static_cast<int>(gates);
  work.parts_a_unit_part = 1;
  if (all) backward_plan_ = plan_resident(work, device);
  const int parts = backward_plan_ ? backward_plan_->groups : kColumnParts;
  for (int layer = 0; layer < sizes.config.layers; ++layer) {
    Layer& arrays = layers_.emplace_back();
    arrays.hidden_states = DeviceArray<Stored>(states * sizes.hidden);
    if (!all) continue;
    arrays.other_states = DeviceArray<Stored>((sizes.states - 1) * states * sizes.hidden);
    arrays.saved = DeviceArray<Stored>(rows * sizes.saved * sizes.hidden);
    arrays.d_sums = DeviceArray<Stored>(rows * sizes.sums * sizes.hidden);
    arrays.bias_parts = DeviceArray<float>(int64_t{parts} * sizes.sums * sizes.hidden);
  }
  is_dropped_.resize(layers_.size());
  table_ = DeviceArray<Stored>(sizes.vocabulary * gates);
  if (layers_.size() > 1) inputs_ = DeviceArray<Stored>(rows * gates);
  logits_ = DeviceArray<float>(rows * sizes.vocabulary);
  if (!forward_plan_ || !backward_plan_) {
    stepwise_sums_ = DeviceArray<float>(streams * gates);
    stepwise_d_states_ = DeviceArray<float>(sizes.states * plane());
  }
  if (!all) return;
  d_logits_ = DeviceArray<Stored>(rows * sizes.vocabulary);
  d_outputs_ = DeviceArray<Stored>(rows * sizes.hidden);
  d_table_ = DeviceArray<Stored>(sizes.vocabulary * gates);
  output_parts_ = DeviceArray<float>(int64_t{kColumnParts} * sizes.vocabulary);
  table_gradient_ = TableGradient(rows, static_cast<int>(gates), sizes.vocabulary);
}

template <class Stored>
const Stored* Pass<Stored>::output(int layer) const {
  const Layer& arrays = layers_[layer];
  return is_dropped_[layer] ? arrays.dropped.data() : arrays.hidden_states.data() + plane();
}

// Fills what resident kernels wait for with what is no number, and sorts the characters.
template <class Stored>
void Pass<Stored>::prepare(const Text& text) {
  const auto clear = [](const DeviceArray<Stored>& array, const Stream& stream) {
    check_cuda(cudaMemsetAsync(array.data(), 0xff, array.bytes(), stream), "clearing states");
  };
  fork_background();
  if (forward_plan_) {
    clear(layers_[0].hidden_states, stream_);
    for (size_t layer = 1; layer < layers_.size(); ++layer) {
      clear(layers_[layer].hidden_states, background_stream());
    }
  }
  if (keeps_ == Keeps::kStates) return;
  table_gradient_.sort(text.ids, text.rows(), background_stream());
  for (const Layer& layer : layers_) {
    if (backward_plan_) clear(layer.d_sums, background_stream());
  }
}

template <class Stored>
void Pass<Stored>::forward(const Text& text, const OutputDropout& dropout,
                           const std::vector<CarriedState>& carried) {
  const WeightsLayout& sizes = layout();
  const int gates = sizes.gates * sizes.hidden;
  check(text.steps <= steps_ && text.streams == streams_, "a text fits the pass it is read by");
  prepare(text);
  make_input_table(weights_, products_, table_.data());
  for (int layer = 0; layer < sizes.config.layers; ++layer) {
    if (layer > 0) {
      products_.multiply(Factor<Stored>{output(layer - 1), sizes.hidden},
                         Factor<Stored>{weights_.operand(sizes.input[layer]), sizes.hidden, true},
                         Product<Stored>{inputs_.data(), gates}, text.rows(), gates, sizes.hidden);
    }
    if (layer == 1) join_background();
    forward_layer(layer, text, carried[layer]);
    is_dropped_[layer] = dropped(layer, dropout);
    if (is_dropped_[layer]) drop_layer(layer, text, dropout);
  }
  if (sizes.config.layers == 1) join_background();
}

template <class Stored>
void Pass<Stored>::forward_layer(int layer, const Text& text, const CarriedState& carried) {
  const WeightsLayout& sizes = layout();
  const Layer& arrays = layers_[layer];
  ForwardLayer<Stored> run;
  run.steps = text.steps;
  run.streams = text.streams;
  run.hidden = sizes.hidden;
  run.recurrent = weights_.operand(sizes.recurrent[layer]);
  run.input_bias = weights_.bias(sizes.input_bias[layer]);
  run.recurrent_bias = weights_.bias(sizes.recurrent_bias[layer]);
  if (layer == 0) {
    run.table = table_.data();
    run.ids = text.ids;
  } else {
    run.inputs = inputs_.data();
  }
  run.resets = text.resets;
  run.state = carried;
  run.hidden_states = arrays.hidden_states.data();
  run.other_states = arrays.other_states.data();
  run.saved = arrays.saved.data();
  if (forward_plan_) {
    forward_resident(sizes.config.cell, run, *forward_plan_, stream_);
  } else {
    forward_stepwise(sizes.config.cell, run, {stepwise_sums_.data(), stepwise_d_states_.data()},
                     products_, stream_);
  }
}

template <class Stored>
void Pass<Stored>::drop_layer(int layer, const Text& text, const OutputDropout& dropout) {
  const WeightsLayout& sizes = layout();
  Layer& arrays = layers_[layer];
  if (arrays.dropped.empty()) {
    arrays.dropped = DeviceArray<Stored>(int64_t{steps_} * streams_ * sizes.hidden);
  }
  const bool last = layer == sizes.config.layers - 1;
  const int first = last && text.last_only ? text.steps - 1 : 0;
  drop_outputs({layer, last, dropout.locked, first, text.steps - first, text.streams, sizes.hidden},
               dropout.step, arrays.hidden_states.data() + (first + 1) * plane(),
               arrays.dropped.data() + first * plane(), stream_);
}

template <class Stored>
void Pass<Stored>::score(const Text& text, LossRows<Stored> rows) {
  const WeightsLayout& sizes = layout();
  const int64_t first = text.last_only ? (text.steps - 1) * plane() : 0;
  products_.multiply(Factor<Stored>{output(sizes.config.layers - 1) + first, sizes.hidden},
                     Factor<Stored>{weights_.operand(sizes.output), sizes.hidden, true},
                     Product<float>{logits_.data(), sizes.vocabulary}, text.scored(),
                     sizes.vocabulary, sizes.hidden);
  rows.rows = text.scored();
  rows.vocabulary = sizes.config.vocabulary_size;
  rows.stride = sizes.vocabulary;
  rows.logits = logits_.data();
  rows.bias = weights_.bias(sizes.output_bias);
  rows.targets = text.targets;
  cross_entropy(rows, stream_);
}

template <class Stored>
void Pass<Stored>::backward(const Text& text, const OutputDropout& dropout, float* gradient) {
  check(keeps_ == Keeps::kAll, "a pass that goes back has kept everything");
  const int last = layout().config.layers - 1;
  output_gradient(text, gradient);
  for (int layer = last; layer >= 0; --layer) {
    if (is_dropped_[layer]) {
      const bool last_only = layer == last && text.last_only;
      const int first = last_only ? text.steps - 1 : 0;
      drop_outputs({layer, layer == last, dropout.locked, first, text.steps - first, text.streams,
                    layout().hidden},
                   dropout.step, d_outputs_.data(), d_outputs_.data(), stream_);
    }
    backward_layer(layer, text, layer == last && text.last_only);
    if (gradient) {
      fork_background();
      layer_gradient(layer, text, gradient);
    }
    if (layer > 0) input_gradient(layer, text);
  }
  if (gradient) join_background();
}

template <class Stored>
void Pass<Stored>::backward_layer(int layer, const Text& text, bool last_only) {
  const WeightsLayout& sizes = layout();
  const Layer& arrays = layers_[layer];
  BackwardLayer<Stored> run;
  run.steps = text.steps;
  run.streams = text.streams;
  run.hidden = sizes.hidden;
  run.recurrent = weights_.operand(sizes.recurrent[layer]);
  run.recurrent_transposed = weights_.recurrent_transposed(layer);
  run.resets = text.resets;
  run.hidden_states = arrays.hidden_states.data();
  run.other_states = arrays.other_states.data();
  run.saved = arrays.saved.data();
  run.d_output = d_outputs_.data();
  run.last_only = last_only;
  run.d_sums = arrays.d_sums.data();
  run.d_bias_parts = arrays.bias_parts.data();
  if (backward_plan_) {
    backward_resident(sizes.config.cell, run, *backward_plan_, stream_);
  } else {
    backward_stepwise(sizes.config.cell, run, {stepwise_sums_.data(), stepwise_d_states_.data()},
                      products_, stream_);
  }
}

template class Pass<float>;
template class Pass<__nv_bfloat16>;

}  // namespace charrnn::cuda
