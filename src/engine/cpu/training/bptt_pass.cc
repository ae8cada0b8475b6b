#include "engine/cpu/training/bptt_pass.h"

#include <algorithm>

#include "model/dropout.h"

namespace charrnn::cpu {
namespace {

// Times that a layer runs before the next one does. A layer's weights then stay in the second-level
// cache for that long, and so must the operands that it leaves for the next layer.
int chunk_times(const Layout& layout, int rows, int steps) {
  constexpr int64_t kRingBytes = 256 << 10;
  const int64_t bytes = int64_t{rows} * layout.unit_blocks * layout.lanes * layout.cell.sums * 4;
  return static_cast<int>(
      std::clamp<int64_t>(kRingBytes / std::max<int64_t>(bytes, 1), 1, std::max(steps, 1)));
}

}  // namespace

template <class S>
BpttPass<S>::BpttPass(const Weights<S>& weights, SavedActivations<S>& saved, int first, int last)
    : weights_(weights),
      layout_(weights.layout()),
      saved_(saved),
      first_(first),
      rows_(last - first),
      lanes_(weights.layout().lanes),
      ring_(chunk_times(layout_, rows_, saved.steps) + 1) {
  const CellShape& cell = layout_.cell;
  const int blocks = layout_.unit_blocks;
  const int64_t block = int64_t{rows_} * lanes_;
  hidden_slot_ = blocks * block;
  d_sums_slot_ = blocks * cell.sums * block;
  for (int i = 0; i < layout_.config.layers; ++i) {
    Layer layer;
    layer.hidden = HugeArray<S>(ring_ * hidden_slot_);
    if (saved.layers[i].masked.size() > 0) layer.masked = HugeArray<S>(ring_ * hidden_slot_);
    layer.d_sums = HugeArray<S>(ring_ * d_sums_slot_);
    layer.d_state = HugeArray<float>(cell.states * hidden_slot_);
    if (saved.with_resets) {
      layer.previous = HugeArray<S>(hidden_slot_);
      layer.d_next = HugeArray<S>(d_sums_slot_);
    }
    layers_.push_back(std::move(layer));
  }
  for (int b = 0; b < blocks; ++b) {
    block_offsets_.push_back(static_cast<int32_t>(b * block));
    for (int gate = 0; gate < cell.gates; ++gate) {
      const auto offset = [&](int sum) {
        return static_cast<int32_t>((b * cell.sums + sum) * block);
      };
      input_offsets_.push_back(offset(cell.input_sum[gate]));
      recurrent_offsets_.push_back(offset(cell.recurrent_sum[gate]));
    }
  }
  for (int b = 0; b < layout_.vocabulary_blocks(); ++b) {
    logit_offsets_.push_back(static_cast<int32_t>(b * saved.block_stride(1)));
  }
  starts_.resize(rows_);
  no_starts_.resize(rows_);
  keys_.resize(rows_);
  // A line more, so that rows are not a power of two apart.
  logits_stride_ = int64_t{layout_.vocabulary_blocks()} * lanes_ + 16;
  logits_ = HugeArray<float>(rows_ * logits_stride_);
}

template <class S>
bool BpttPass<S>::has_loss(int time) const {
  return saved_.objective == Objective::kAll || time == saved_.steps - 1;
}

template <class S>
float BpttPass<S>::rate(int layer) const {
  return layer + 1 == layout_.config.layers ? dropout_->before_output : dropout_->between_layers;
}

template <class S>
Mask BpttPass<S>::mask(int layer, int time) {
  const float rate = this->rate(layer);
  if (!(rate > 0)) return {};
  for (int row = 0; row < rows_; ++row) {
    keys_[row] = dropout_key(dropout_->seed, dropout_->step, layer, dropout_->locked ? 0 : time,
                             saved_.first_stream + first_ + row);
  }
  return {.keys = keys_.data(), .threshold = dropout_threshold(rate), .scale = 1 / (1 - rate)};
}

template <class S>
Operand<S> BpttPass<S>::operand(const S* values, const std::vector<int32_t>& offsets,
                                const MatrixLayout& linear, const S* panels,
                                int64_t panel_stride) const {
  return {.values = values,
          .offset = offsets.data(),
          .blocks = linear.in_blocks,
          .full_blocks = linear.inputs / lanes_,
          .tail = linear.inputs % lanes_,
          .weights = panels,
          .panel_stride = panel_stride};
}

// The transposed matrix has a row for each unit and gate: gates × W to a block of units.
template <class S>
Operand<S> BpttPass<S>::transposed(const S* values, const std::vector<int32_t>& offsets,
                                   const MatrixLayout& linear) const {
  return {.values = values,
          .offset = offsets.data(),
          .blocks = linear.vectors(),
          .full_blocks = linear.units / lanes_ * linear.gates,
          .tail = linear.units % lanes_,
          .weights = weights_.transposed(linear),
          .panel_stride = int64_t{kPlainPanelBlocks} * lanes_ * linear.vectors() * lanes_};
}

template <class S>
void BpttPass<S>::run(const Batch& batch, const Dropout& dropout) {
  batch_ = &batch;
  dropout_ = &dropout;
  const int steps = saved_.steps, chunk = ring_ - 1;
  for (int layer = 0; layer < layout_.config.layers; ++layer) load_state(layer);
  for (int time = 0; time < steps; time += chunk)
    forward_chunk(time, std::min(time + chunk, steps));
  for (Layer& layer : layers_) {
    std::fill_n(layer.d_state.data(), layer.d_state.size(), 0.0f);
  }
  // From the end in whole chunks: the first may be short.
  for (int last = steps; last > 0; last -= chunk) backward_chunk(std::max(last - chunk, 0), last);
}

// The carried state as operand, and as the saved activations of the time before the first.
template <class S>
void BpttPass<S>::load_state(int layer) {
  const Kernels<S>& kernels = weights_.kernels();
  const int blocks = layout_.unit_blocks, width = blocks * lanes_;
  typename SavedActivations<S>::Layer& saved = saved_.layers[layer];
  std::vector<float> rows(static_cast<size_t>(rows_) * lanes_);
  for (int state = 0; state < layout_.cell.states; ++state) {
    const float* plane =
        &saved_.state[(int64_t{layer} * layout_.cell.states + state) * saved_.rows * width];
    for (int block = 0; block < blocks; ++block) {
      for (int row = 0; row < rows_; ++row) {
        std::copy_n(plane + int64_t{first_ + row} * width + block * lanes_, lanes_,
                    &rows[row * lanes_]);
      }
      const int64_t offset = block * saved_.block_stride(1) + first_ * lanes_;
      if (state == 0) {
        kernels.inference.to_operands(
            rows.data(), int64_t{rows_} * lanes_,
            &layers_[layer].hidden[slot(-1) * hidden_slot_ + block_offsets_[block]]);
        kernels.to_saved(rows.data(), rows_, &saved.hidden[offset]);
      } else {
        std::copy(rows.begin(), rows.end(),
                  &saved.cell[(state - 1) * saved_.hidden_time_stride + offset]);
      }
    }
  }
}

template <class S>
void BpttPass<S>::forward_chunk(int first_time, int last_time) {
  for (int layer = 0; layer < layout_.config.layers; ++layer) {
    for (int time = first_time; time < last_time; ++time) forward(layer, time);
  }
  for (int time = first_time; time < last_time; ++time) {
    if (has_loss(time)) loss(time);
  }
}

template <class S>
void BpttPass<S>::forward(int layer, int time) {
  const MatrixLayout &input = layout_.input(layer), &recurrent = layout_.recurrent(layer);
  typename SavedActivations<S>::Layer& saved = saved_.layers[layer];
  Layer& mine = layers_[layer];
  const int64_t width = layout_.unit_blocks * lanes_;
  const int64_t plane = saved_.rows * width;
  ForwardStep<S> step;
  step.rows = rows_;
  step.unit_blocks = layout_.unit_blocks;
  if (layer == 0) {
    const int32_t* symbols = &saved_.inputs[int64_t{time} * saved_.rows + first_];
    for (int row = 0; row < rows_; ++row) starts_[row] = symbols[row] * weights_.table_stride();
    step.start = weights_.table();
    step.start_offset = starts_.data();
  } else {
    Layer& below = layers_[layer - 1];
    const HugeArray<S>& from = rate(layer - 1) > 0 ? below.masked : below.hidden;
    step.start = weights_.start(layer);
    step.start_offset = no_starts_.data();
    step.input = operand(&from[slot(time) * hidden_slot_], block_offsets_, input,
                         weights_.forward(input), input.panel_stride());
  }
  step.recurrent = operand(&mine.hidden[slot(time - 1) * hidden_slot_], block_offsets_, recurrent,
                           weights_.forward(recurrent), recurrent.panel_stride());
  step.state = &saved_.state[layer * layout_.cell.states * plane + first_ * width];
  step.state_stride = plane;
  step.state_row_stride = width;
  if (saved_.with_resets) reset_before(layer, time, step);
  step.output = &mine.hidden[slot(time) * hidden_slot_];
  step.output_stride = int64_t{rows_} * lanes_;
  step.mask = mask(layer, time);
  step.saved =
      &saved.gates[time * saved_.gates_time_stride + int64_t{first_} * layout_.cell.slots * lanes_];
  const int64_t offset = int64_t{first_} * lanes_;
  step.saved_hidden = &saved.hidden[(time + 1) * saved_.hidden_time_stride + offset];
  if (step.mask.keys != nullptr) {
    step.masked_output = &mine.masked[slot(time) * hidden_slot_];
    step.saved_masked = &saved.masked[time * saved_.hidden_time_stride + offset];
  }
  if (saved.cell.size() > 0) {
    step.saved_cell = &saved.cell[(time + 1) * saved_.cell_time_stride + offset];
  }
  step.saved_stride = saved_.block_stride(layout_.cell.slots);
  step.hidden_stride = saved_.block_stride(1);
  step.cell_state_stride = saved_.hidden_time_stride;
  weights_.kernels().forward_step[static_cast<int>(layout_.config.cell)](step);
}

template <class S>
void BpttPass<S>::loss(int time) {
  const MatrixLayout& output = layout_.output();
  const int top = layout_.config.layers - 1;
  const HugeArray<S>& from = rate(top) > 0 ? layers_[top].masked : layers_[top].hidden;
  weights_.kernels().product(
      {.rows = rows_,
       .vectors = output.vectors(),
       .panel_vectors = output.panel_vectors(),
       .start = weights_.master() + output.biases,
       .operand = operand(&from[slot(time) * hidden_slot_], block_offsets_, output,
                          weights_.forward(output), output.panel_stride()),
       .out = logits_.data(),
       .row_stride = logits_stride_});
  const int index = saved_.objective == Objective::kAll ? time : 0;
  const int64_t offset = index * saved_.logits_time_stride + first_ * lanes_;
  const int real = std::clamp(saved_.streams - first_, 0, rows_);
  weights_.kernels().softmax_loss(
      {.rows = rows_,
       .real_rows = real,
       .vocabulary_size = layout_.config.vocabulary_size,
       .logits = logits_.data(),
       .row_stride = logits_stride_,
       .targets =
           batch_->targets.data() + int64_t{index} * batch_->streams + saved_.first_stream + first_,
       .scale = 1.0f / static_cast<float>(int64_t{saved_.loss_times} * batch_->streams),
       .smoothing = batch_->label_smoothing,
       .loss = &saved_.loss[int64_t{index} * saved_.rows + first_],
       .operand = &saved_.d_logits_operand[offset],
       .operand_stride = saved_.block_stride(1),
       .saved = &saved_.d_logits[offset],
       .saved_stride = saved_.block_stride(1)});
}

template <class S>
void BpttPass<S>::backward_chunk(int first_time, int last_time) {
  for (int layer = layout_.config.layers - 1; layer >= 0; --layer) {
    for (int time = last_time - 1; time >= first_time; --time) backward(layer, time);
  }
}

template <class S>
void BpttPass<S>::backward(int layer, int time) {
  const int top = layout_.config.layers - 1;
  typename SavedActivations<S>::Layer& saved = saved_.layers[layer];
  Layer& mine = layers_[layer];
  const int64_t offset = int64_t{first_} * lanes_;
  BackwardStep<S> step;
  step.rows = rows_;
  step.unit_blocks = layout_.unit_blocks;
  if (layer < top) {
    step.above = transposed(&layers_[layer + 1].d_sums[slot(time) * d_sums_slot_], input_offsets_,
                            layout_.input(layer + 1));
  } else if (has_loss(time)) {
    const int index = saved_.objective == Objective::kAll ? time : 0;
    step.above = transposed(&saved_.d_logits_operand[index * saved_.logits_time_stride + offset],
                            logit_offsets_, layout_.output());
  }
  if (time + 1 < saved_.steps) {
    step.recurrent = transposed(&mine.d_sums[slot(time + 1) * d_sums_slot_], recurrent_offsets_,
                                layout_.recurrent(layer));
  }
  if (saved_.with_resets && time + 1 < saved_.steps) {
    stop_gradient_before(layer, time + 1, step);
  }
  step.mask = mask(layer, time);
  step.d_state = mine.d_state.data();
  step.d_state_stride = hidden_slot_;
  step.d_state_block_stride = int64_t{rows_} * lanes_;
  step.saved =
      &saved.gates[time * saved_.gates_time_stride + int64_t{first_} * layout_.cell.slots * lanes_];
  const HugeArray<S>& before = saved_.with_resets ? saved.previous : saved.hidden;
  step.previous_hidden = &before[time * saved_.hidden_time_stride + offset];
  if (saved.cell.size() > 0) {
    step.previous_cell = &saved.cell[time * saved_.cell_time_stride + offset];
  }
  step.saved_stride = saved_.block_stride(layout_.cell.slots);
  step.hidden_stride = saved_.block_stride(1);
  step.cell_state_stride = saved_.hidden_time_stride;
  step.d_sums = &mine.d_sums[slot(time) * d_sums_slot_];
  step.d_sums_stride = int64_t{rows_} * lanes_;
  weights_.kernels().backward_step[static_cast<int>(layout_.config.cell)](step);
}

// Where documents begin the recurrence reads a state of zeros, and no gradient goes back.
template <class S>
bool BpttPass<S>::find_resets(int time) {
  reset_rows_.clear();
  const uint8_t* resets =
      batch_->resets.data() + int64_t{time} * batch_->streams + saved_.first_stream + first_;
  const int real = std::clamp(saved_.streams - first_, 0, rows_);
  for (int row = 0; row < real; ++row) {
    if (resets[row] != 0) reset_rows_.push_back(row);
  }
  return !reset_rows_.empty();
}

// The layer above and the loss still need h of the time before: the recurrence reads a copy with
// zeros.
template <class S>
void BpttPass<S>::reset_before(int layer, int time, ForwardStep<S>& step) {
  const int blocks = layout_.unit_blocks, group = weights_.kernels().group;
  const int64_t rows = int64_t{rows_} * lanes_, offset = int64_t{first_} * lanes_;
  typename SavedActivations<S>::Layer& saved = saved_.layers[layer];
  const bool any = find_resets(time);
  for (int block = 0; block < blocks; ++block) {
    const int64_t at = time * saved_.hidden_time_stride + block * saved_.block_stride(1) + offset;
    S* previous = &saved.previous[at];
    std::copy_n(&saved.hidden[at], rows, previous);
    for (const int row : reset_rows_) {  // the rows of a group are interleaved
      for (int lane = 0; lane < lanes_; ++lane) {
        previous[row / group * group * lanes_ + lane * group + row % group] = S{};
      }
      for (int state = 0; state + 1 < layout_.cell.states; ++state) {
        float* cell = saved.cell.data() + time * saved_.cell_time_stride +
                      state * saved_.hidden_time_stride + block * saved_.block_stride(1) + offset;
        std::fill_n(cell + row * lanes_, lanes_, 0.0f);
      }
    }
  }
  if (!any) return;
  Layer& mine = layers_[layer];
  std::copy_n(step.recurrent.values, hidden_slot_, mine.previous.data());
  for (const int row : reset_rows_) {
    for (int block = 0; block < blocks; ++block) {
      std::fill_n(&mine.previous[block_offsets_[block] + row * lanes_], lanes_, S{});
    }
    for (int state = 0; state < layout_.cell.states; ++state) {
      std::fill_n(step.state + state * step.state_stride + row * step.state_row_stride,
                  step.state_row_stride, 0.0f);
    }
  }
  step.recurrent.values = mine.previous.data();
}

// The layer below still needs the gradient of the sums: the recurrence reads a copy with zeros.
template <class S>
void BpttPass<S>::stop_gradient_before(int layer, int time, BackwardStep<S>& step) {
  if (!find_resets(time)) return;
  const int blocks = layout_.unit_blocks, sums = layout_.cell.sums, states = layout_.cell.states;
  const int64_t rows = int64_t{rows_} * lanes_;
  Layer& mine = layers_[layer];
  std::copy_n(step.recurrent.values, d_sums_slot_, mine.d_next.data());
  for (const int row : reset_rows_) {
    for (int i = 0; i < blocks * sums; ++i) {
      std::fill_n(&mine.d_next[i * rows + row * lanes_], lanes_, S{});
    }
    for (int i = 0; i < blocks * states; ++i) {
      std::fill_n(&mine.d_state[i * rows + row * lanes_], lanes_, 0.0f);
    }
  }
  step.recurrent.values = mine.d_next.data();
}

template class BpttPass<float>;
template class BpttPass<Bf16>;

}  // namespace charrnn::cpu
