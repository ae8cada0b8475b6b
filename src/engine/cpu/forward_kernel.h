// One time step of one layer: for each tile the sums of all gates of some units are made in
// registers, turned there into the new state by the cell's own formulas, and written once.
#pragma once

#include "engine/cpu/dropout_mask.h"
#include "engine/cpu/operand_types.h"
#include "engine/cpu/tile.h"

namespace charrnn::cpu {

// The cell for one group of rows (one, or the two that a bf16 record interleaves) of one block.
template <class O, class Cell>
[[gnu::always_inline]] inline void finish_forward(const ForwardStep<typename O::Stored>& step,
                                                  typename O::V (&sums)[O::kGroup][Cell::sums],
                                                  int row, int block) {
  using V = typename O::V;
  constexpr int W = V::kLanes, group = O::kGroup;
  constexpr int slots = Cell::saved > Cell::sums ? Cell::saved : Cell::sums;
  V save[Cell::saved][group], state[Cell::states][group], masked[group];
#pragma GCC unroll 2
  for (int j = 0; j < group; ++j) {
    float* carried = step.state + (row + j) * step.state_row_stride + block * W;
    V old[Cell::states], kept[Cell::saved];
#pragma GCC unroll 4
    for (int s = 0; s < Cell::states; ++s) old[s] = V::load(carried + s * step.state_stride);
    Cell::forward(sums[j], old, kept);
#pragma GCC unroll 4
    for (int s = 0; s < Cell::states; ++s) {
      old[s].store(carried + s * step.state_stride);
      state[s][j] = old[s];
    }
#pragma GCC unroll 8
    for (int s = 0; s < Cell::saved; ++s) save[s][j] = kept[s];
    const int64_t place = block * step.output_stride + (row + j) * W;
    O::store_operand(step.output + place, old[0]);
    if (step.masked_output != nullptr) {
      masked[j] = old[0] * dropout_factor<V>(step.mask, row + j, block);
      O::store_operand(step.masked_output + place, masked[j]);
    }
  }
  if (step.record == nullptr) return;
  auto* record = step.record + block * step.record_stride + row * slots * W;
#pragma GCC unroll 8
  for (int s = 0; s < Cell::saved; ++s) O::store_group(record + s * W * group, save[s]);
  O::store_group(step.hidden_record + block * step.hidden_stride + row * W, state[0]);
  if (step.masked_output != nullptr) {
    O::store_group(step.masked_record + block * step.hidden_stride + row * W, masked);
  }
#pragma GCC unroll 4
  for (int s = 1; s < Cell::states; ++s) {
    float* cell =
        step.cell_record + (s - 1) * step.cell_state_stride + block * step.hidden_stride + row * W;
#pragma GCC unroll 2
    for (int j = 0; j < group; ++j) state[s][j].store(cell + j * W);
  }
}

// M rows × `blocks` unit blocks. A GRU adds the input's and the state's products of its last gate
// to different sums; Cell::input_sum and Cell::recurrent_sum say to which.
template <class O, class Cell, int M, int blocks>
[[gnu::noinline]] void forward_tile(const ForwardStep<typename O::Stored>& step, int row,
                                    int panel) {
  using V = typename O::V;
  constexpr int W = V::kLanes, group = O::kGroup, sums = Cell::sums;
  const int block = panel * panel_blocks(Cell::gates);
  V sum[M][blocks * sums];
#pragma GCC unroll 16
  for (int m = 0; m < M; ++m) {
    const float* start = step.start + step.start_offset[row + m] + block * sums * W;
#pragma GCC unroll 16
    for (int n = 0; n < blocks * sums; ++n) sum[m][n] = V::load(start + n * W);
  }
  const auto input = [&](int m, int n) -> V& {
    return sum[m][n / Cell::gates * sums + Cell::input_sum[n % Cell::gates]];
  };
  const auto recurrent = [&](int m, int n) -> V& {
    return sum[m][n / Cell::gates * sums + Cell::recurrent_sum[n % Cell::gates]];
  };
  multiply_operand<O, M, blocks * Cell::gates>(input, step.input, row, panel);
  multiply_operand<O, M, blocks * Cell::gates>(recurrent, step.recurrent, row, panel);
  // By way of the stack, in a loop: with the sums in registers there is no room for the formulas'
  // constants, and their code once for each row would fill the instruction cache.
  float sums_of_rows[M][blocks * sums][W];
#pragma GCC unroll 16
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 16
    for (int n = 0; n < blocks * sums; ++n) sum[m][n].store(sums_of_rows[m][n]);
  }
#pragma GCC unroll 1
  for (int m = 0; m < M; m += group) {
#pragma GCC unroll 1
    for (int b = 0; b < blocks; ++b) {
      V mine[group][sums];
#pragma GCC unroll 2
      for (int j = 0; j < group; ++j) {
#pragma GCC unroll 4
        for (int s = 0; s < sums; ++s) mine[j][s] = V::load(sums_of_rows[m + j][b * sums + s]);
      }
      finish_forward<O, Cell>(step, mine, row + m, block + b);
    }
  }
}

template <class O, class Cell, int registers>
void forward_step(const ForwardStep<typename O::Stored>& step) {
  constexpr int blocks = panel_blocks(Cell::gates);
  // Panel by panel, so that its weights stay in the nearest cache for all rows.
  for (int panel = 0; panel * blocks < step.unit_blocks; ++panel) {
    if (step.unit_blocks - panel * blocks >= blocks) {
      for_each_row_tile<O::kGroup, tile_rows<registers>(blocks * Cell::sums)>(
          step.rows, [&]<int M>(int row) { forward_tile<O, Cell, M, blocks>(step, row, panel); });
    } else {
      for_each_row_tile<O::kGroup, tile_rows<registers>(Cell::sums)>(
          step.rows, [&]<int M>(int row) { forward_tile<O, Cell, M, 1>(step, row, panel); });
    }
  }
}

}  // namespace charrnn::cpu
