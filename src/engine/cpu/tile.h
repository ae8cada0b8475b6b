// The register tile: M rows × N vectors of sums. Everything that multiplies goes through
// `multiply_block`.
#pragma once

#include <cstdint>

#include "engine/cpu/kernels.h"

namespace charrnn::cpu {

template <int M, int N, class V>
struct Tile {
  V sum[M][N];
};

// How many rows a tile of N vectors has: its sums, the shorter side of the factors and one of the
// other must fit the registers, and 8 or more independent sums hide the latency of the
// multiply-add.
template <int registers>
constexpr int tile_rows(int vectors) {
  int rows = 8;
  while (rows > 1 && rows * vectors + (rows < vectors ? rows : vectors) + 1 > registers) --rows;
  return rows;
}

// sum[m][to[n]] += a[m][k] w[k][n] for k = 0, 1, 2, … in this order whatever the tile is, so that a
// row's sums do not depend on the rows beside it. Rows of the operand are W values apart: the
// addresses of all rows are one register and constants.
template <class O, int M, int N, class Target>
[[gnu::always_inline]] inline void multiply_block(Target&& sum, const typename O::Stored* a,
                                                  const typename O::Stored* w, int k_count) {
  using V = typename O::V;
  // Unrolled by the whole block (g++ does so where it is short) some sums would leave the
  // registers.
#pragma GCC unroll 1
  for (int k = 0; k < k_count; k += O::kGroup, w += N * V::kLanes * O::kGroup) {
    if constexpr (M < N) {
      typename O::Factor x[M];
#pragma GCC unroll 16
      for (int m = 0; m < M; ++m) x[m] = O::broadcast(a + m * V::kLanes + k);
#pragma GCC unroll 16
      for (int n = 0; n < N; ++n) {
        const typename O::Factor factor = O::weights(w + n * V::kLanes * O::kGroup);
#pragma GCC unroll 16
        for (int m = 0; m < M; ++m) sum(m, n) = O::multiply_add(sum(m, n), x[m], factor);
      }
    } else {
      typename O::Factor factor[N];
#pragma GCC unroll 16
      for (int n = 0; n < N; ++n) factor[n] = O::weights(w + n * V::kLanes * O::kGroup);
#pragma GCC unroll 16
      for (int m = 0; m < M; ++m) {
        const typename O::Factor x = O::broadcast(a + m * V::kLanes + k);
#pragma GCC unroll 16
        for (int n = 0; n < N; ++n) sum(m, n) = O::multiply_add(sum(m, n), x, factor[n]);
      }
    }
  }
}

// The whole product of an operand with a panel of N vectors.
template <class O, int M, int N, class Target>
[[gnu::always_inline]] inline void multiply_operand(Target&& sum,
                                                    const Operand<typename O::Stored>& operand,
                                                    int row, int panel) {
  constexpr int W = O::V::kLanes;
  const typename O::Stored* w = operand.weights + panel * operand.panel_stride;
  const typename O::Stored* a = operand.values + row * W;
  for (int block = 0; block < operand.blocks; ++block, w += W * N * W) {
    const int k_count = block < operand.full_blocks ? W : operand.tail;
    multiply_block<O, M, N>(sum, a + operand.offset[block], w, k_count);
  }
}

// Cuts `rows` into tiles of at most `most` rows and of nearly equal height, each a multiple of
// `group`, and calls action.template operator()<M>(first row).
template <int group, int most, int M = most, class Action>
[[gnu::always_inline]] inline void call_with_rows(int rows, int first, const Action& action) {
  if constexpr (M > group) {
    if (rows < M) return call_with_rows<group, most, M - group>(rows, first, action);
  }
  action.template operator()<M>(first);
}

template <int group, int most_rows, class Action>
[[gnu::always_inline]] inline void for_each_row_tile(int rows, const Action& action) {
  constexpr int most = most_rows / group * group;
  const int groups = rows / group, tiles = (rows + most - 1) / most;
  for (int tile = 0, first = 0; tile < tiles; ++tile) {
    const int count = (groups / tiles + (tile < groups % tiles)) * group;
    call_with_rows<group, most>(count, first, action);
    first += count;
  }
}

}  // namespace charrnn::cpu
