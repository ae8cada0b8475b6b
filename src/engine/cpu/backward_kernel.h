// One time step of one layer backwards: the gradient of h is summed in registers over two products
// (from above, from the next time), and the cell's formulas turn it there into the gradient of the
// gates' sums, which replaces what forward saved.
#pragma once

#include "engine/cpu/dropout_mask.h"
#include "engine/cpu/operand_types.h"
#include "engine/cpu/tile.h"

namespace charrnn::cpu {

template <class O, class Cell>
[[gnu::always_inline]] inline void finish_backward(const BackwardStep<typename O::Stored>& step,
                                                   const typename O::V (&d_hidden)[O::kGroup],
                                                   int row, int block) {
  using V = typename O::V;
  constexpr int W = V::kLanes, group = O::kGroup;
  constexpr int slots = Cell::saved > Cell::sums ? Cell::saved : Cell::sums;
  auto* record = step.record + block * step.record_stride + row * slots * W;
  const int64_t place = block * step.hidden_stride + row * W;
  V save[Cell::saved][group], hidden[group], d_sum[Cell::sums][group];
#pragma GCC unroll 8
  for (int s = 0; s < Cell::saved; ++s) O::load_group(record + s * W * group, save[s]);
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
  for (int s = 0; s < Cell::sums; ++s) O::store_group(record + s * W * group, d_sum[s]);
}

template <class O, class Cell, int M, int blocks>
[[gnu::noinline]] void backward_tile(const BackwardStep<typename O::Stored>& step, int row,
                                     int panel) {
  using V = typename O::V;
  constexpr int group = O::kGroup;
  const int block = panel * kPlainPanelBlocks;
  V sum[M][blocks];
#pragma GCC unroll 16
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 4
    for (int b = 0; b < blocks; ++b) sum[m][b] = V(0.0f);
  }
  const auto target = [&](int m, int n) -> V& { return sum[m][n]; };
  if (step.above.blocks > 0) {
    multiply_operand<O, M, blocks>(target, step.above, row, panel);
    if (step.mask.keys != nullptr) {
#pragma GCC unroll 16
      for (int m = 0; m < M; ++m) {
#pragma GCC unroll 4
        for (int b = 0; b < blocks; ++b) {
          sum[m][b] = sum[m][b] * dropout_factor<V>(step.mask, row + m, block + b);
        }
      }
    }
  }
  multiply_operand<O, M, blocks>(target, step.recurrent, row, panel);
  // By way of the stack, in a loop: see forward_tile.
  float sums[M][blocks][V::kLanes];
#pragma GCC unroll 16
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 4
    for (int b = 0; b < blocks; ++b) sum[m][b].store(sums[m][b]);
  }
#pragma GCC unroll 1
  for (int m = 0; m < M; m += group) {
#pragma GCC unroll 1
    for (int b = 0; b < blocks; ++b) {
      V mine[group];
#pragma GCC unroll 2
      for (int j = 0; j < group; ++j) mine[j] = V::load(sums[m + j][b]);
      finish_backward<O, Cell>(step, mine, row + m, block + b);
    }
  }
}

template <class O, class Cell, int registers>
void backward_step(const BackwardStep<typename O::Stored>& step) {
  constexpr int blocks = kPlainPanelBlocks;
  for (int panel = 0; panel * blocks < step.unit_blocks; ++panel) {
    if (step.unit_blocks - panel * blocks >= blocks) {
      for_each_row_tile<O::kGroup, tile_rows<registers>(blocks)>(
          step.rows, [&]<int M>(int row) { backward_tile<O, Cell, M, blocks>(step, row, panel); });
    } else {
      for_each_row_tile<O::kGroup, tile_rows<registers>(1)>(
          step.rows, [&]<int M>(int row) { backward_tile<O, Cell, M, 1>(step, row, panel); });
    }
  }
}

}  // namespace charrnn::cpu
