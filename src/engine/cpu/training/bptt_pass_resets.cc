// Where documents begin: the recurrence reads a state of zeros there, and no gradient goes back.
#include <algorithm>

#include "engine/cpu/training/bptt_pass.h"

namespace charrnn::cpu {

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

template bool BpttPass<float>::find_resets(int);
template bool BpttPass<Bf16>::find_resets(int);
template void BpttPass<float>::reset_before(int, int, ForwardStep<float>&);
template void BpttPass<Bf16>::reset_before(int, int, ForwardStep<Bf16>&);
template void BpttPass<float>::stop_gradient_before(int, int, BackwardStep<float>&);
template void BpttPass<Bf16>::stop_gradient_before(int, int, BackwardStep<Bf16>&);

}  // namespace charrnn::cpu
