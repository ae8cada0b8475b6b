// One time step of one layer, panel by panel: the sums of all gates of some units are made for all
// rows, and turned into the new state by the cell's own formulas while they are near.
#pragma once

#include "engine/cpu/kernels/dropout_mask.h"
#include "engine/cpu/kernels/operand_types.h"
#include "engine/cpu/kernels/tile.h"

namespace charrnn::cpu {

// The cell for one group of rows (one, or two interleaved ones in bf16) of one block.
template <class O, class Cell>
[[gnu::always_inline]] inline void finish_forward(const ForwardStep<typename O::Stored>& step,
                                                  typename O::V (&sums)[O::kGroup][Cell::sums],
                                                  int row, int block) {
  using V = typename O::V;
  constexpr int W = V::kLanes, group = O::kGroup;
  constexpr int slots = kSavedSlots<Cell>;
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
  auto* saved = step.saved + block * step.saved_stride + row * slots * W;
#pragma GCC unroll 8
  for (int s = 0; s < Cell::saved; ++s) O::store_group(saved + s * W * group, save[s]);
  O::store_group(step.saved_hidden + block * step.hidden_stride + row * W, state[0]);
  if (step.masked_output != nullptr) {
    O::store_group(step.saved_masked + block * step.hidden_stride + row * W, masked);
  }
#pragma GCC unroll 4
  for (int s = 1; s < Cell::states; ++s) {
    float* cell =
        step.saved_cell + (s - 1) * step.cell_state_stride + block * step.hidden_stride + row * W;
#pragma GCC unroll 2
    for (int j = 0; j < group; ++j) state[s][j].store(cell + j * W);
  }
}

// Where a gate's products go among a unit block's sums. A GRU adds the input's and the state's
// products of its last gate to different ones.
template <class Cell>
struct InputSlots {
  [[gnu::always_inline]] static constexpr int of(int n) {
    return n / Cell::gates * Cell::sums + Cell::input_sum[n % Cell::gates];
  }
};
template <class Cell>
struct RecurrentSlots {
  [[gnu::always_inline]] static constexpr int of(int n) {
    return n / Cell::gates * Cell::sums + Cell::recurrent_sum[n % Cell::gates];
  }
};

// Prefetches what the cell's formulas write for backward: the gates, h, and an LSTM's c.
template <class O, class Cell, int blocks>
[[gnu::always_inline]] inline auto prefetch_saved(const ForwardStep<typename O::Stored>& step,
                                                  int block) {
  using V = typename O::V;
  using S = typename O::Stored;
  constexpr int W = V::kLanes;
  using Gates = PrefetchSaved<V, S, kSavedSlots<Cell> * W, blocks>;
  using Hidden = PrefetchSaved<V, S, W, blocks>;
  const int64_t place = block * step.hidden_stride;
  const PrefetchBoth<Gates, Hidden> two = {
      {step.saved + block * step.saved_stride, step.saved_stride},
      {step.saved_hidden + place, step.hidden_stride}};
  if constexpr (Cell::states > 1) {
    using CellState = PrefetchSaved<V, float, W, blocks>;
    return PrefetchBoth<PrefetchBoth<Gates, Hidden>, CellState>{
        two, {step.saved_cell + place, step.hidden_stride}};
  } else {
    return two;
  }
}

// At most kRowsAtOnce rows × `blocks` unit blocks.
template <class O, class Cell, int registers, int blocks>
void forward_panel(const ForwardStep<typename O::Stored>& step, int first, int rows, int panel) {
  using V = typename O::V;
  constexpr int W = V::kLanes, group = O::kGroup, sums = Cell::sums, vectors = blocks * sums;
  const int block = panel * panel_blocks(Cell::gates);
  alignas(64) float sum[kRowsAtOnce][vectors * W];
  for (int row = 0; row < rows; ++row) {
    const float* start = step.start + step.start_offset[first + row] + block * sums * W;
#pragma GCC unroll 8
    for (int n = 0; n < vectors; ++n) V::load(start + n * W).store(sum[row] + n * W);
  }
  add_products<O, registers, blocks * Cell::gates, InputSlots<Cell>>(
      sum[0], vectors * W, step.input, first, rows, panel);
  add_products<O, registers, blocks * Cell::gates, RecurrentSlots<Cell>>(
      sum[0], vectors * W, step.recurrent, first, rows, panel,
      prefetch_saved<O, Cell, blocks>(step, block));
  for (int row = 0; row < rows; row += group) {
    for (int b = 0; b < blocks; ++b) {
      V mine[group][sums];
#pragma GCC unroll 2
      for (int j = 0; j < group; ++j) {
#pragma GCC unroll 4
        for (int s = 0; s < sums; ++s) mine[j][s] = V::load(sum[row + j] + (b * sums + s) * W);
      }
      finish_forward<O, Cell>(step, mine, first + row, block + b);
    }
  }
}

template <class O, class Cell, int registers>
void forward_step(const ForwardStep<typename O::Stored>& step) {
  constexpr int blocks = panel_blocks(Cell::gates);
  // Panel by panel, so that its weights stay in a near cache for all rows.
  for (int panel = 0; panel * blocks < step.unit_blocks; ++panel) {
    const int left = step.unit_blocks - panel * blocks;
    call_with_width<blocks>(left < blocks ? left : blocks, [&]<int width>() {
      for_each_row_part<O::kGroup>(step.rows, [&](int first, int rows) {
        forward_panel<O, Cell, registers, width>(step, first, rows, panel);
      });
    });
  }
}

}  // namespace charrnn::cpu
