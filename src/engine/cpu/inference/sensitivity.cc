// The gradient of one prediction with respect to each input: backward through time without weight
// gradients, one stream. The products are those of inference, with transposed matrices.
#include <algorithm>
#include <cmath>

#include "engine/cpu/inference/inference.h"
#include "engine/cpu/inference/trace.h"

namespace charrnn::cpu {
namespace {

// y = W^T x with the kernels of inference, on one thread or several.
class TransposedProduct {
 public:
  // matrix: row-major [rows][columns]; x has `rows` values, y `columns`.
  TransposedProduct(const InferenceKernels& kernels, std::span<const float> matrix, int columns)
      : kernel_(&kernels.linear), to_operands_(kernels.to_operands) {
    const int rows = static_cast<int>(matrix.size()) / columns;
    matrix_ = pack_matrix(kernel_->shape, columns, matrix, rows, {}, 0, true);
    const int lanes = kernel_->shape.lanes;
    x_.resize((rows + lanes - 1) / lanes * lanes);
    operands_.resize(x_.size());
    zeros_.resize(matrix_.panels * kernel_->shape.start_values());
    y_.resize(zeros_.size());
  }

  std::span<float> x() { return x_; }
  std::span<const float> y() const { return y_; }

  void multiply(const Worker& worker) {
    const int panels = matrix_.panels;
    const float* start = zeros_.data();
    LayerStep step;
    step.weights = matrix_.values.data();
    step.panel_values = matrix_.panel_values;
    step.input_steps = matrix_.input_steps;
    step.start = &start;
    step.rows = 1;
    step.input = kernel_->shape.group == 1 ? static_cast<const void*>(x_.data()) : operands_.data();
    step.hidden = step.input;
    step.new_state = y_.data();
    kernel_->step(step, worker.begin(panels), worker.end(panels));
  }

  void make_operands() {
    if (kernel_->shape.group > 1) {
      to_operands_(x_.data(), std::ssize(x_), operands_.data());
    }
  }

 private:
  const InferenceKernels::Entry* kernel_;
  void (*to_operands_)(const float*, int64_t, void*);
  PackedMatrix matrix_;
  std::vector<float> x_, y_, zeros_;
  std::vector<Bf16> operands_;
};

// What backward needs of one layer.
struct Layer {
  TransposedProduct to_input;               // weight_ih
  TransposedProduct to_hidden;              // weight_hh
  std::vector<std::vector<float>> d_state;  // [states][hidden_size]
};

// The gradient with respect to each sum of one character, from that of the state after it (d_state;
// out: that of the state before, as far as it does not flow through weight_hh).
template <class Cell>
void cell_backward(const Trace& trace, int layer, int time, int hidden, Layer& to) {
  const size_t offset = static_cast<size_t>(layer) * trace.times + time;
  for (int unit = 0; unit < hidden; ++unit) {
    float saved[Cell::saved], previous[Cell::states] = {}, d_state[Cell::states], d_sum[Cell::sums];
    for (int i = 0; i < Cell::saved; ++i) {
      saved[i] = trace.saved[(offset * Cell::saved + i) * hidden + unit];
    }
    if (time > 0) {
      previous[0] = trace.hidden[(offset - 1) * hidden + unit];
      if constexpr (Cell::states > 1) previous[1] = trace.cell[(offset - 1) * hidden + unit];
    }
    for (int i = 0; i < Cell::states; ++i) d_state[i] = to.d_state[i][unit];
    Cell::backward(saved, previous, d_state, d_sum);
    for (int i = 0; i < Cell::states; ++i) to.d_state[i][unit] = d_state[i];
    for (int gate = 0; gate < Cell::gates; ++gate) {
      to.to_input.x()[gate * hidden + unit] = d_sum[Cell::input_sum[gate]];
      to.to_hidden.x()[gate * hidden + unit] = d_sum[Cell::recurrent_sum[gate]];
    }
  }
  to.to_input.make_operands();
  to.to_hidden.make_operands();
}

void add(std::span<float> to, std::span<const float> values) {
  for (size_t i = 0; i < to.size(); ++i) to[i] += values[i];
}

// The gradient of log p[target] at the last time with respect to the last layer's output:
//   W_fc^T (one where the target is, less p)
std::vector<float> last_gradient(const Parameters& parameters, const Trace& trace, int32_t target) {
  const ModelConfig& config = parameters.config();
  const size_t vocabulary = static_cast<size_t>(config.vocabulary_size);
  const size_t hidden = static_cast<size_t>(config.hidden_size);
  const float* log_p = &trace.log_probabilities[(trace.times - 1) * vocabulary];
  std::vector<float> d_output(hidden);
  for (size_t i = 0; i < vocabulary; ++i) {
    const float d = (static_cast<int32_t>(i) == target ? 1.0f : 0.0f) - std::exp(log_p[i]);
    const auto row = parameters.fc_weight().subspan(i * hidden, hidden);
    for (size_t k = 0; k < hidden; ++k) d_output[k] += d * row[k];
  }
  return d_output;
}

float length(std::span<const float> values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return static_cast<float>(std::sqrt(sum));
}

}  // namespace

std::vector<float> Inference::sensitivity(std::span<const int32_t> ids, int32_t target,
                                          const Parameters& parameters,
                                          const ShouldStop& should_stop) {
  std::vector<float> norms(ids.size());
  if (ids.empty()) return norms;
  std::ranges::fill(state_, 0.0f);
  Trace trace;
  if (!trace_text(config_, *kernels_, weights_, *pool_, ids, state_, trace, should_stop)) return {};

  std::vector<Layer> layers;
  for (int layer = 0; layer < config_.layers; ++layer) {
    layers.push_back(
        {TransposedProduct(*kernels_, parameters.weight_ih(layer), config_.input_size(layer)),
         TransposedProduct(*kernels_, parameters.weight_hh(layer), config_.hidden_size),
         std::vector<std::vector<float>>(config_.states(),
                                         std::vector<float>(config_.hidden_size))});
  }
  add(layers.back().d_state[0], last_gradient(parameters, trace, target));
  AdaptiveParallelism parallelism(*pool_, threads_may_help(weights_, 1));
  for (int time = trace.times - 1; time >= 0; --time) {
    if (should_stop && should_stop()) return {};
    parallelism.run([&](const Worker& worker) {
      for (int layer = config_.layers - 1; layer >= 0; --layer) {
        Layer& now = layers[layer];
        if (worker.index == 0) {
          with_cell(config_.cell, [&]<class Cell>() {
            cell_backward<Cell>(trace, layer, time, config_.hidden_size, now);
          });
        }
        worker.barrier();
        now.to_input.multiply(worker);
        now.to_hidden.multiply(worker);
        worker.barrier();
        if (worker.index != 0) continue;
        add(now.d_state[0], now.to_hidden.y());
        if (layer > 0) {
          add(layers[layer - 1].d_state[0], now.to_input.y());
        } else {
          norms[time] = length(now.to_input.y().first(config_.embedding_size));
        }
      }
    });
  }
  return norms;
}

}  // namespace charrnn::cpu
