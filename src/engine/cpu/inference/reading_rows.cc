#include "engine/cpu/inference/reading_rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"

namespace charrnn::cpu {
// Sharing takes a meeting a layer: a tenth of a microsecond where processors are near, half of one
// where they are far. 2 MiB of weights gain on either. Two threads near each other read 820 KB 1.6
// times as fast as one and 410 KB 1.12 times; far ones as fast, and 0.94 times. Four rows cost
// about as much as fetching the weights.
bool may_be_worth_sharing(const ReadingWeights& weights, int rows) {
  return weights.bytes() * static_cast<size_t>((rows + 3) / 4) >= size_t{512} << 10;
}

ReadingRows::ReadingRows(const ModelConfig& config, const ReadingKernels& kernels,
                         const ReadingWeights& weights, int rows, int shares)
    : config_(config),
      kernels_(&kernels),
      weights_(&weights),
      cell_(&kernels.cells[static_cast<int>(config.cell)]),
      capacity_(rows),
      rows_(rows) {
  padded_ = static_cast<size_t>(cell_->shape.panels(config.hidden_size)) * cell_->shape.units;
  logits_stride_ = weights.output.start_stride;
  const size_t vectors = size_t{2} * config.layers * rows * padded_;
  states_ = Memory(vectors * config.states() * sizeof(float));
  if (cell_->shape.group > 1) operands_ = Memory(vectors * cell_->shape.value_bytes);
  logits_ = Memory(rows * logits_stride_ * sizeof(float));
  own_.resize(shares);
  for (Own& own : own_) own.starts.resize(rows);
}

void ReadingRows::use(int rows) {
  check(rows <= capacity_, "rows that read fit the arrays made for them");
  rows_ = rows;
}

float* ReadingRows::state(int layer, int kind, int row, int time) const {
  const size_t vector = (size_t(time) * config_.layers + layer) * config_.states() + kind;
  return states_.as<float>() + (vector * capacity_ + row) * padded_;
}

// float32's operands are the state itself.
void* ReadingRows::operands(int layer, int time) const {
  if (cell_->shape.group == 1) return state(layer, 0, 0, time);
  const size_t vectors = (size_t(time) * config_.layers + layer) * capacity_;
  return operands_.as<std::byte>() + vectors * padded_ * cell_->shape.value_bytes;
}

void ReadingRows::make_operands(int layer, int row, int first_unit, int units, int time) {
  if (cell_->shape.group == 1) return;
  auto* to = static_cast<uint16_t*>(operands(layer, time)) + row * padded_ + first_unit;
  kernels_->to_operands(state(layer, 0, row, time) + first_unit, to, units);
}

size_t ReadingRows::state_values() const {
  return static_cast<size_t>(config_.layers) * config_.states() * config_.hidden_size;
}

void ReadingRows::write_row(int row, std::span<const float> values) {
  const float* from = values.data();
  for (int layer = 0; layer < config_.layers; ++layer) {
    for (int kind = 0; kind < config_.states(); ++kind, from += config_.hidden_size) {
      std::memcpy(state(layer, kind, row, now()), from, config_.hidden_size * sizeof(float));
    }
    make_operands(layer, row, 0, static_cast<int>(padded_), now());
    // Nothing is left of what was there.
    if (tracks()) std::fill_n(tracked(0, layer, row), padded_, 0.0f);
  }
}

void ReadingRows::read_row(int row, std::span<float> values) const {
  float* to = values.data();
  for (int layer = 0; layer < config_.layers; ++layer) {
    for (int kind = 0; kind < config_.states(); ++kind, to += config_.hidden_size) {
      std::memcpy(to, state(layer, kind, row, now()), config_.hidden_size * sizeof(float));
    }
  }
}

void ReadingRows::move_row(int from, int to) {
  if (from == to) return;
  for (int layer = 0; layer < config_.layers; ++layer) {
    for (int kind = 0; kind < config_.states(); ++kind) {
      std::memcpy(state(layer, kind, to, now()), state(layer, kind, from, now()),
                  padded_ * sizeof(float));
    }
    for (int kind = 0; kind < 2 && tracks(); ++kind) {
      std::copy_n(tracked(kind, layer, from), padded_, tracked(kind, layer, to));
    }
    make_operands(layer, to, 0, static_cast<int>(padded_), now());
  }
}

void ReadingRows::track() {
  if (config_.states() == 1) return;
  tracks_ = Memory(size_t{2} * config_.layers * capacity_ * padded_ * sizeof(float));
  for (int row = 0; row < capacity_; ++row) restart_track(row);
}

void ReadingRows::restart_track(int row) {
  if (!tracks()) return;
  for (int layer = 0; layer < config_.layers; ++layer) {
    std::fill_n(tracked(0, layer, row), padded_, 1.0f);
    std::fill_n(tracked(1, layer, row), padded_, std::numeric_limits<float>::max());
  }
}

void ReadingRows::read_track(int row, std::span<float> carried, std::span<float> least) const {
  if (!tracks()) return;
  for (int layer = 0; layer < config_.layers; ++layer) {
    const size_t place = size_t(layer) * config_.hidden_size;
    std::copy_n(tracked(0, layer, row), config_.hidden_size, carried.begin() + place);
    std::copy_n(tracked(1, layer, row), config_.hidden_size, least.begin() + place);
  }
}

template <class Action>
void ReadingRows::for_each_part(const Share& share, const Action& action) const {
  for (int layer = 0; layer < config_.layers; ++layer) {
    const int panels = weights_->layers[layer].matrix.panels;
    const int first = share.begin(panels) * cell_->shape.units;
    const int end = std::min(share.end(panels) * cell_->shape.units, config_.hidden_size);
    for (int kind = 0; kind < config_.states() && first < end; ++kind) {
      for (int row = 0; row < rows_; ++row) action(layer, kind, row, first, end - first);
    }
  }
}

void ReadingRows::carry_in(const CpuState& state, const Share& share) {
  const int now = own_[share.index].now, lanes = cell_->shape.lanes;
  for_each_part(share, [&](int layer, int kind, int row, int first, int units) {
    const float* from = state.plane(layer, kind) + row * state.width() + first;
    std::memcpy(this->state(layer, kind, row, now) + first, from, units * sizeof(float));
    if (kind == 0) make_operands(layer, row, first, (units + lanes - 1) / lanes * lanes, now);
  });
}

void ReadingRows::carry_out(CpuState& state, const Share& share) const {
  const int now = own_[share.index].now;
  for_each_part(share, [&](int layer, int kind, int row, int first, int units) {
    float* to = state.plane(layer, kind) + row * state.width() + first;
    std::memcpy(to, this->state(layer, kind, row, now) + first, units * sizeof(float));
  });
}

void ReadingRows::read(std::span<const int32_t> ids, const Share& share, bool logits,
                       std::span<const Hold> holds, std::span<Saved> saved) {
  for (int layer = 0; layer < config_.layers; ++layer) {
    read_layer(layer, ids, share, saved.empty() ? nullptr : &saved[layer]);
    if (!holds.empty()) hold(layer, holds, share);
    share.meet();
  }
  if (logits) {
    read_output(share);
    share.meet();
  }
  if (share.count > 1) {
    own_[share.index].now ^= 1;
  } else {
    // The next character may be shared.
    for (Own& own : own_) own.now ^= 1;
  }
}

void ReadingRows::read_layer(int layer, std::span<const int32_t> ids, const Share& share,
                             Saved* saved) {
  const ReadingLayer& weights = weights_->layers[layer];
  std::vector<const float*>& starts = own_[share.index].starts;
  for (int row = 0; row < rows_; ++row) {
    starts[row] = weights.starts.as<float>() + (layer == 0 ? ids[row] * weights.start_stride : 0);
  }
  const int old = own_[share.index].now, next = 1 - old;
  LayerRead read;
  read.weights = weights.matrix.values.as<std::byte>();
  read.panel_values = weights.matrix.panel_values;
  read.input_steps = weights.matrix.input_steps;
  read.hidden_steps = weights.matrix.hidden_steps;
  read.start = starts.data();
  read.rows = rows_;
  read.input = operands(layer == 0 ? 0 : layer - 1, next);
  read.hidden = operands(layer, old);
  read.input_stride = read.hidden_stride = read.state_stride = read.operands_stride = padded_;
  read.old_state = state(layer, 0, 0, old);
  read.new_state = state(layer, 0, 0, next);
  read.states_apart = capacity_ * padded_;
  read.new_operands = operands(layer, next);
  if (tracks()) {
    read.carried = tracked(0, layer, 0);
    read.least = tracked(1, layer, 0);
  }
  if (saved) {
    read.saved = saved->values.data();
    read.saved_stride = saved->stride;
  }
  const int panels = weights.matrix.panels;
  cell_->read(read, share.begin(panels), share.end(panels));
}

void ReadingRows::read_output(const Share& share) {
  const ReadingLayer& weights = weights_->output;
  std::vector<const float*>& starts = own_[share.index].starts;
  std::fill_n(starts.begin(), rows_, weights.starts.as<float>());
  LayerRead read;
  read.weights = weights.matrix.values.as<std::byte>();
  read.panel_values = weights.matrix.panel_values;
  read.input_steps = weights.matrix.input_steps;
  read.start = starts.data();
  read.rows = rows_;
  read.input = operands(config_.layers - 1, 1 - own_[share.index].now);
  read.input_stride = padded_;
  read.hidden = read.input;
  read.new_state = logits_.as<float>();
  read.state_stride = logits_stride_;
  const int panels = weights.matrix.panels;
  kernels_->linear.read(read, share.begin(panels), share.end(panels));
}

// Each thread holds the units of its own panels, before others look at them.
void ReadingRows::hold(int layer, std::span<const Hold> holds, const Share& share) {
  const int panels = weights_->layers[layer].matrix.panels;
  const int next = 1 - own_[share.index].now;
  const int first = share.begin(panels) * cell_->shape.units;
  const int end = share.end(panels) * cell_->shape.units;
  for (const Hold& hold : holds) {
    if (hold.layer != layer || hold.unit < first || hold.unit >= end) continue;
    for (int row = 0; row < rows_; ++row) {
      state(layer, 0, row, next)[hold.unit] = hold.value;
      const int lanes = cell_->shape.lanes;
      make_operands(layer, row, hold.unit / lanes * lanes, lanes, next);
    }
  }
}

ReadingRows::Normalizer ReadingRows::normalizer(int row) const {
  const int vectors = static_cast<int>(logits_stride_) / kernels_->linear.shape.lanes;
  float largest = 0, sum = 0;
  kernels_->exponential_sum(logits(row), vectors, largest, sum);
  return {largest, std::log(sum)};
}

}  // namespace charrnn::cpu
