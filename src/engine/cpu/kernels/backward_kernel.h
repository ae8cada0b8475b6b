// One time step of one layer backwards: the gradient of h is the sum of two products (from above,
// from the next time), and the cell's formulas turn it while it is near into the gradient of the
// gates' sums, which replaces what forward saved.
#pragma once

#include "engine/cpu/kernels/dropout_mask.h"
#include "engine/cpu/kernels/operand_types.h"
#include "engine/cpu/kernels/tile.h"

namespace charrnn::cpu {

template <class O, class Cell>
[[gnu::always_inline]] inline void finish_backward(const BackwardStep<typename O::Stored>& step,
                                                   const typename O::V (&d_hidden)[O::kGroup],
                                                   int row, int block) {
  using V = typename O::V;
  constexpr int W = V::kLanes, group = O::kGroup;
  constexpr int slots = kSavedSlots<Cell>;
  auto* saved = step.saved + block * step.saved_stride + row * slots * W;
  const int64_t place = block * step.hidden_stride + row * W;
  V save[Cell::saved][group], hidden[group], d_sum[Cell::sums][group];
#pragma GCC unroll 8
  for (int s = 0; s < Cell::saved; ++s) O::load_group(saved + s * W * group, save[s]);
  O::load_group(step.previous_hidden + place, hidden);
#pragma GCC unroll 2
  for (int j = 0; j < group; ++j) {
    float* carried = step.d_state + block * step.d_state_block_stride + (row + j) * W;
    V kept[Cell::saved], previous[Cell::states], d_state[Cell::states], d[Cell::sums];
#pragma GCC unroll 8
    for (int s = 0; s < Cell::saved; ++s) kept[s] = save[s][j];
    previous[0] = hidden[j];
#pragma GCC unroll 4
    for (int s = 1; s < Cell::states; ++s) {
      previous[s] = V::load(step.previous_cell + (s - 1) * step.cell_state_stride + place + j * W);
    }
#pragma GCC unroll 4
    for (int s = 0; s < Cell::states; ++s) d_state[s] = V::load(carried + s * step.d_state_stride);
    d_state[0] = d_state[0] + d_hidden[j];
    Cell::backward(kept, previous, d_state, d);
#pragma GCC unroll 4
    for (int s = 0; s < Cell::states; ++s) d_state[s].store(carried + s * step.d_state_stride);
#pragma GCC unroll 4
    for (int s = 0; s < Cell::sums; ++s) {
      d_sum[s][j] = d[s];
      O::store_operand(step.d_sums + (block * Cell::sums + s) * step.d_sums_stride + (row + j) * W,
                       d[s]);
    }
  }
#pragma GCC unroll 4
  for (int s = 0; s < Cell::sums; ++s) O::store_group(saved + s * W * group, d_sum[s]);
}

// Prefetches what the cell's formulas read of the state before the step: LSTM c, GRU h, RNN
// nothing.
template <class O, class Cell, int blocks>
[[gnu::always_inline]] inline auto prefetch_state(const BackwardStep<typename O::Stored>& step,
                                                  int block) {
  using V = typename O::V;
  const int64_t place = block * step.hidden_stride;
  if constexpr (Cell::states > 1) {
    return PrefetchSaved<V, float, V::kLanes, blocks>{step.previous_cell + place,
                                                      step.hidden_stride};
  } else if constexpr (Cell::gates > 1) {
    return PrefetchSaved<V, typename O::Stored, V::kLanes, blocks>{step.previous_hidden + place,
                                                                   step.hidden_stride};
  } else {
    return NoPrefetch{};
  }
}

// At most kRowsAtOnce rows × `blocks` unit blocks.
template <class O, class Cell, int registers, int blocks>
void backward_panel(const BackwardStep<typename O::Stored>& step, int first, int rows, int panel) {
  using V = typename O::V;
  constexpr int W = V::kLanes, group = O::kGroup;
  const int block = panel * kPlainPanelBlocks;
  alignas(64) float sum[kRowsAtOnce][blocks * W];
  for (int row = 0; row < rows; ++row) {
    for (int b = 0; b < blocks; ++b) V(0.0f).store(sum[row] + b * W);
  }
  if (step.above.blocks > 0) {
    add_products<O, registers, blocks>(sum[0], blocks * W, step.above, first, rows, panel,
                                       prefetch_state<O, Cell, blocks>(step, block));
    if (step.mask.keys != nullptr) {
      for (int row = 0; row < rows; ++row) {
        for (int b = 0; b < blocks; ++b) {
          (V::load(sum[row] + b * W) * dropout_factor<V>(step.mask, first + row, block + b))
              .store(sum[row] + b * W);
        }
      }
    }
  }
  const PrefetchSaved<V, typename O::Stored, kSavedSlots<Cell> * W, blocks> prefetch = {
      step.saved + block * step.saved_stride, step.saved_stride};
  add_products<O, registers, blocks>(sum[0], blocks * W, step.recurrent, first, rows, panel,
                                     prefetch);
  for (int row = 0; row < rows; row += group) {
    for (int b = 0; b < blocks; ++b) {
      V mine[group];
#pragma GCC unroll 2
      for (int j = 0; j < group; ++j) mine[j] = V::load(sum[row + j] + b * W);
      finish_backward<O, Cell>(step, mine, first + row, block + b);
    }
  }
}

template <class O, class Cell, int registers>
void backward_step(const BackwardStep<typename O::Stored>& step) {
  constexpr int blocks = kPlainPanelBlocks;
  for (int panel = 0; panel * blocks < step.unit_blocks; ++panel) {
    const int left = step.unit_blocks - panel * blocks;
    call_with_width<blocks>(left < blocks ? left : blocks, [&]<int width>() {
      for_each_row_part<O::kGroup>(step.rows, [&](int first, int rows) {
        backward_panel<O, Cell, registers, width>(step, first, rows, panel);
      });
    });
  }
}

}  // namespace charrnn::cpu
