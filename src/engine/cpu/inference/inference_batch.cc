#include "engine/cpu/inference/inference_batch.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"

namespace charrnn::cpu {

// Several threads need a barrier for each layer: 0.1 us where they share a cache, 0.5 us where not.
// 2 MiB of weights gain on either. Two threads with a common cache take 820 KB 1.6 times as fast as
// one and 410 KB 1.12 times; without one, 1.0 and 0.94 times. Four rows cost about as much as
// fetching the weights.
bool threads_may_help(const InferenceWeights& weights, int rows) {
  return weights.bytes() * static_cast<size_t>((rows + 3) / 4) >= size_t{512} << 10;
}

InferenceBatch::InferenceBatch(const ModelConfig& config, const InferenceKernels& kernels,
                               const InferenceWeights& weights, int rows, int threads)
    : config_(config),
      kernels_(&kernels),
      weights_(&weights),
      cell_(&kernels.cells[static_cast<int>(config.cell)]),
      capacity_(rows),
      rows_(rows) {
  padded_ = static_cast<size_t>(cell_->shape.panels(config.hidden_size)) * cell_->shape.units;
  logits_stride_ = weights.output.start_stride;
  const size_t vectors = size_t{2} * config.layers * rows * padded_;
  states_ = HugeArray<float>(vectors * config.states());
  if (cell_->shape.group > 1) operands_ = HugeArray<Bf16>(vectors);
  logits_ = HugeArray<float>(rows * logits_stride_);
  per_thread_.resize(threads);
  for (PerThread& each : per_thread_) each.starts.resize(rows);
}

void InferenceBatch::use(int rows) {
  check(rows <= capacity_, "the rows of a step fit the arrays made for them");
  rows_ = rows;
}

int64_t InferenceBatch::state_offset(int layer, int kind, int row, int buffer) const {
  const size_t vector = (size_t(buffer) * config_.layers + layer) * config_.states() + kind;
  return static_cast<int64_t>((vector * capacity_ + row) * padded_);
}

// float32's operands are the state itself.
void* InferenceBatch::operands(int layer, int buffer) {
  if (cell_->shape.group == 1) return state(layer, 0, 0, buffer);
  const size_t vectors = (size_t(buffer) * config_.layers + layer) * capacity_;
  return operands_.data() + vectors * padded_;
}

void InferenceBatch::make_operands(int layer, int row, int first_unit, int units, int buffer) {
  if (cell_->shape.group == 1) return;
  auto* to = static_cast<Bf16*>(operands(layer, buffer)) + row * padded_ + first_unit;
  kernels_->to_operands(state(layer, 0, row, buffer) + first_unit, units, to);
}

size_t InferenceBatch::state_values() const {
  return static_cast<size_t>(config_.layers) * config_.states() * config_.hidden_size;
}

void InferenceBatch::load_row(int row, std::span<const float> values) {
  const float* from = values.data();
  for (int layer = 0; layer < config_.layers; ++layer) {
    for (int kind = 0; kind < config_.states(); ++kind, from += config_.hidden_size) {
      std::memcpy(state(layer, kind, row, current()), from, config_.hidden_size * sizeof(float));
    }
    make_operands(layer, row, 0, static_cast<int>(padded_), current());
    // Nothing of the old state is left.
    if (is_tracking()) std::fill_n(tracked(0, layer, row), padded_, 0.0f);
  }
}

void InferenceBatch::store_row(int row, std::span<float> values) const {
  float* to = values.data();
  for (int layer = 0; layer < config_.layers; ++layer) {
    for (int kind = 0; kind < config_.states(); ++kind, to += config_.hidden_size) {
      std::memcpy(to, state(layer, kind, row, current()), config_.hidden_size * sizeof(float));
    }
  }
}

void InferenceBatch::move_row(int from, int to) {
  if (from == to) return;
  for (int layer = 0; layer < config_.layers; ++layer) {
    for (int kind = 0; kind < config_.states(); ++kind) {
      std::memcpy(state(layer, kind, to, current()), state(layer, kind, from, current()),
                  padded_ * sizeof(float));
    }
    for (int kind = 0; kind < 2 && is_tracking(); ++kind) {
      std::copy_n(tracked(kind, layer, from), padded_, tracked(kind, layer, to));
    }
    make_operands(layer, to, 0, static_cast<int>(padded_), current());
  }
}

void InferenceBatch::track_cell() {
  if (config_.states() == 1) return;
  tracking_ = HugeArray<float>(int64_t{2} * config_.layers * capacity_ * padded_);
  for (int row = 0; row < capacity_; ++row) restart_tracking(row);
}

void InferenceBatch::restart_tracking(int row) {
  if (!is_tracking()) return;
  for (int layer = 0; layer < config_.layers; ++layer) {
    std::fill_n(tracked(0, layer, row), padded_, 1.0f);
    std::fill_n(tracked(1, layer, row), padded_, std::numeric_limits<float>::max());
  }
}

void InferenceBatch::store_tracking(int row, std::span<float> forget_product,
                                    std::span<float> min_abs_cell) const {
  if (!is_tracking()) return;
  for (int layer = 0; layer < config_.layers; ++layer) {
    const size_t offset = size_t(layer) * config_.hidden_size;
    std::copy_n(tracked(0, layer, row), config_.hidden_size, forget_product.begin() + offset);
    std::copy_n(tracked(1, layer, row), config_.hidden_size, min_abs_cell.begin() + offset);
  }
}

template <class Action>
void InferenceBatch::for_each_range(const Worker& worker, const Action& action) const {
  for (int layer = 0; layer < config_.layers; ++layer) {
    const int panels = weights_->layers[layer].matrix.panels;
    const int first = worker.begin(panels) * cell_->shape.units;
    const int end = std::min(worker.end(panels) * cell_->shape.units, config_.hidden_size);
    for (int kind = 0; kind < config_.states() && first < end; ++kind) {
      for (int row = 0; row < rows_; ++row) action(layer, kind, row, first, end - first);
    }
  }
}

void InferenceBatch::load_state(const CpuState& state, const Worker& worker) {
  const int current = per_thread_[worker.index].current, lanes = cell_->shape.lanes;
  for_each_range(worker, [&](int layer, int kind, int row, int first, int units) {
    const float* from = state.plane(layer, kind) + row * state.width() + first;
    std::memcpy(this->state(layer, kind, row, current) + first, from, units * sizeof(float));
    if (kind == 0) make_operands(layer, row, first, (units + lanes - 1) / lanes * lanes, current);
  });
}

void InferenceBatch::store_state(CpuState& state, const Worker& worker) const {
  const int current = per_thread_[worker.index].current;
  for_each_range(worker, [&](int layer, int kind, int row, int first, int units) {
    float* to = state.plane(layer, kind) + row * state.width() + first;
    std::memcpy(to, this->state(layer, kind, row, current) + first, units * sizeof(float));
  });
}

void InferenceBatch::step(std::span<const int32_t> ids, const Worker& worker, bool logits,
                          std::span<const Hold> holds, std::span<TracedLayer> traced) {
  for (int layer = 0; layer < config_.layers; ++layer) {
    step_layer(layer, ids, worker, traced.empty() ? nullptr : &traced[layer]);
    if (!holds.empty()) hold(layer, holds, worker);
    worker.barrier();
  }
  if (logits) {
    step_output(worker);
    worker.barrier();
  }
  if (worker.count > 1) {
    per_thread_[worker.index].current ^= 1;
  } else {
    // The next step may be one of several threads.
    for (PerThread& each : per_thread_) each.current ^= 1;
  }
}

void InferenceBatch::step_layer(int layer, std::span<const int32_t> ids, const Worker& worker,
                                TracedLayer* traced) {
  const InferenceLayer& weights = weights_->layers[layer];
  std::vector<const float*>& starts = per_thread_[worker.index].starts;
  for (int row = 0; row < rows_; ++row) {
    starts[row] = weights.starts.data() + (layer == 0 ? ids[row] * weights.start_stride : 0);
  }
  const int old = per_thread_[worker.index].current, next = 1 - old;
  LayerStep step;
  step.weights = weights.matrix.values.data();
  step.panel_values = weights.matrix.panel_values;
  step.input_steps = weights.matrix.input_steps;
  step.hidden_steps = weights.matrix.hidden_steps;
  step.start = starts.data();
  step.rows = rows_;
  step.input = operands(layer == 0 ? 0 : layer - 1, next);
  step.hidden = operands(layer, old);
  step.input_stride = step.hidden_stride = step.state_stride = step.operands_stride = padded_;
  step.old_state = state(layer, 0, 0, old);
  step.new_state = state(layer, 0, 0, next);
  step.states_apart = capacity_ * padded_;
  step.new_operands = operands(layer, next);
  if (is_tracking()) {
    step.forget_product = tracked(0, layer, 0);
    step.min_abs_cell = tracked(1, layer, 0);
  }
  if (traced) {
    step.saved = traced->values.data();
    step.saved_stride = traced->stride;
  }
  const int panels = weights.matrix.panels;
  cell_->step(step, worker.begin(panels), worker.end(panels));
}

void InferenceBatch::step_output(const Worker& worker) {
  const InferenceLayer& weights = weights_->output;
  std::vector<const float*>& starts = per_thread_[worker.index].starts;
  std::fill_n(starts.begin(), rows_, weights.starts.data());
  LayerStep step;
  step.weights = weights.matrix.values.data();
  step.panel_values = weights.matrix.panel_values;
  step.input_steps = weights.matrix.input_steps;
  step.start = starts.data();
  step.rows = rows_;
  step.input = operands(config_.layers - 1, 1 - per_thread_[worker.index].current);
  step.input_stride = padded_;
  step.hidden = step.input;
  step.new_state = logits_.data();
  step.state_stride = logits_stride_;
  const int panels = weights.matrix.panels;
  kernels_->linear.step(step, worker.begin(panels), worker.end(panels));
}

// Each thread holds the units of its own panels, before a barrier lets others read them.
void InferenceBatch::hold(int layer, std::span<const Hold> holds, const Worker& worker) {
  const int panels = weights_->layers[layer].matrix.panels;
  const int next = 1 - per_thread_[worker.index].current;
  const int first = worker.begin(panels) * cell_->shape.units;
  const int end = worker.end(panels) * cell_->shape.units;
  for (const Hold& hold : holds) {
    if (hold.layer != layer || hold.unit < first || hold.unit >= end) continue;
    for (int row = 0; row < rows_; ++row) {
      state(layer, 0, row, next)[hold.unit] = hold.value;
      const int lanes = cell_->shape.lanes;
      make_operands(layer, row, hold.unit / lanes * lanes, lanes, next);
    }
  }
}

InferenceBatch::Normalizer InferenceBatch::normalizer(int row) const {
  const int vectors = static_cast<int>(logits_stride_) / kernels_->linear.shape.lanes;
  float largest = 0, sum = 0;
  kernels_->sum_of_exponentials(logits(row), vectors, largest, sum);
  return {largest, std::log(sum)};
}

}  // namespace charrnn::cpu
