// One time step of a layer, forward and backward: products on register tiles, with the cell's
// formula applied to the sums before they leave the registers.
#pragma once

#include "engine/vector/kernels.h"
#include "engine/vector/tile.h"

namespace charrnn::kernels {

// Gates of a unit lie side by side in a panel; a cell of one gate takes two units' blocks at once.
template <class Cell>
constexpr int cell_panel_blocks() {
  return Cell::gates == 1 ? 2 : 1;
}

// Floats of a panel's rows before block `block`, for `k` rows and `columns` vectors a block.
template <class V>
inline int64_t panel_offset(int block, int k, int columns) {
  return int64_t{block} * columns * V::width * k;
}

template <class V, class Cell, int M, int Blocks>
[[gnu::always_inline]] inline void load_initial(const ForwardStep& step, int row, int block,
                                                V (&sums)[M][Blocks * Cell::sums]) {
#pragma GCC unroll 8
  for (int m = 0; m < M; ++m) {
    const int64_t symbol = step.initial_stride == 0 ? 0 : step.symbols[row + m];
    const float* initial =
        step.initial + symbol * step.initial_stride + int64_t{block} * Cell::sums * V::width;
#pragma GCC unroll 8
    for (int n = 0; n < Blocks * Cell::sums; ++n) sums[m][n] = V::load(initial + n * V::width);
  }
}

template <class V, class Cell, int M, int Blocks>
inline void forward_tile(const ForwardStep& step, int row, int block) {
  const int64_t plane = int64_t{step.rows.total} * V::width;
  V sums[M][Blocks * Cell::sums];
  load_initial<V, Cell, M, Blocks>(step, row, block, sums);
  if (step.below != nullptr) {
    accumulate<V, EveryPlane, ToInputSums<Cell>, M, Blocks>(
        sums, step.below + int64_t{row} * V::width, step.below_blocks, plane,
        step.weight_ih + panel_offset<V>(block, step.below_blocks * V::width, Cell::gates));
  }
  accumulate<V, EveryPlane, ToRecurrentSums<Cell>, M, Blocks>(
      sums, step.state_before[0] + int64_t{row} * V::width, step.blocks, plane,
      step.weight_hh + panel_offset<V>(block, step.blocks * V::width, Cell::gates));
#pragma GCC unroll 8
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 2
    for (int b = 0; b < Blocks; ++b) {
      const int64_t at = (block + b) * plane + int64_t{row + m} * V::width;
      V state[Cell::states], saved[Cell::saved];
      for (int i = 0; i < Cell::states; ++i) state[i] = V::load(step.state_before[i] + at);
      Cell::forward(&sums[m][b * Cell::sums], state, saved);
      for (int i = 0; i < Cell::states; ++i) state[i].store(step.state[i] + at);
      if (step.saved == nullptr) continue;
      float* to = step.saved + (block + b) * Cell::saved * plane + int64_t{row + m} * V::width;
      for (int i = 0; i < Cell::saved; ++i) saved[i].store(to + i * plane);
    }
  }
}

template <class V, class Cell>
void forward(const ForwardStep& step) {
  constexpr int kBlocks = cell_panel_blocks<Cell>();
  for_panels<kBlocks>(step.blocks, [&]<int Blocks>(int block) {
    for_tiles<tile_rows<V>(Blocks * Cell::sums)>(
        step.rows.begin, step.rows.end,
        [&]<int M>(int row) { forward_tile<V, Cell, M, Blocks>(step, row, block); });
  });
}

// Rows are symbols; the table's row is [blocks][sums][width].
template <class V, class Cell>
void table(const ForwardStep& step) {
  constexpr int kBlocks = cell_panel_blocks<Cell>();
  const int64_t plane = int64_t{step.rows.total} * V::width;
  for_panels<kBlocks>(step.blocks, [&]<int Blocks>(int block) {
    for_tiles<tile_rows<V>(Blocks * Cell::sums)>(
        step.rows.begin, step.rows.end, [&]<int M>(int row) {
          V sums[M][Blocks * Cell::sums];
          load_initial<V, Cell, M, Blocks>(step, row, block, sums);
          accumulate<V, EveryPlane, ToInputSums<Cell>, M, Blocks>(
              sums, step.below + int64_t{row} * V::width, step.below_blocks, plane,
              step.weight_ih + panel_offset<V>(block, step.below_blocks * V::width, Cell::gates));
          for (int m = 0; m < M; ++m) {
            float* to =
                step.state[0] + (int64_t{row + m} * step.blocks + block) * Cell::sums * V::width;
            for (int n = 0; n < Blocks * Cell::sums; ++n) sums[m][n].store(to + n * V::width);
          }
        });
  });
}

template <class V, class Cell, int M, int Blocks>
inline void backward_tile(const BackwardStep& step, int row, int block) {
  const int64_t plane = int64_t{step.rows.total} * V::width;
  const int64_t first = int64_t{row} * V::width;
  V dh[M][Blocks];
#pragma GCC unroll 8
  for (int m = 0; m < M; ++m) {
    for (int b = 0; b < Blocks; ++b) dh[m][b] = V(0.0f);
  }
  if (step.above != nullptr && step.above_is_output) {
    accumulate<V, EveryPlane, OneSum, M, Blocks>(
        dh, step.above + first, step.above_blocks, plane,
        step.weight_above + panel_offset<V>(block, step.above_blocks * V::width, 1));
  } else if (step.above != nullptr) {
    accumulate<V, InputSums<Cell>, OneSum, M, Blocks>(
        dh, step.above + first, step.above_blocks, plane,
        step.weight_above + panel_offset<V>(block, step.above_blocks * Cell::gates * V::width, 1));
  }
#pragma GCC unroll 8
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 2
    for (int b = 0; b < Blocks; ++b) {
      const int64_t at = (block + b) * plane + first + m * V::width;
      if (step.mask != nullptr) dh[m][b] = dh[m][b] * V::load(step.mask + at);
      dh[m][b] = dh[m][b] + V::load(step.d_state[0] + at);
    }
  }
  if (step.after != nullptr) {
    accumulate<V, RecurrentSums<Cell>, OneSum, M, Blocks>(
        dh, step.after + first, step.blocks, plane,
        step.weight_hh + panel_offset<V>(block, step.blocks * Cell::gates * V::width, 1));
  }
#pragma GCC unroll 8
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 2
    for (int b = 0; b < Blocks; ++b) {
      const int64_t at = (block + b) * plane + first + m * V::width;
      float* saved_at = step.saved + (block + b) * Cell::saved * plane + first + m * V::width;
      V saved[Cell::saved], before[Cell::states], d_state[Cell::states], d_sums[Cell::sums];
      for (int i = 0; i < Cell::saved; ++i) saved[i] = V::load(saved_at + i * plane);
      for (int i = 0; i < Cell::states; ++i) before[i] = V::load(step.state_before[i] + at);
      d_state[0] = dh[m][b];
      for (int i = 1; i < Cell::states; ++i) d_state[i] = V::load(step.d_state[i] + at);
      Cell::backward(saved, before, d_state, d_sums);
      for (int i = 0; i < Cell::states; ++i) d_state[i].store(step.d_state[i] + at);
      for (int i = 0; i < Cell::sums; ++i) d_sums[i].store(saved_at + i * plane);
    }
  }
}

template <class V, class Cell>
void backward(const BackwardStep& step) {
  for_panels<2>(step.blocks, [&]<int Blocks>(int block) {
    for_tiles<tile_rows<V>(Blocks)>(step.rows.begin, step.rows.end, [&]<int M>(int row) {
      backward_tile<V, Cell, M, Blocks>(step, row, block);
    });
  });
}

}  // namespace charrnn::kernels
