// The register tile: M rows × N vectors of sums. Everything that multiplies goes through
// `multiply_block`.
#pragma once

#include <cstdint>

#include "engine/cpu/kernels/kernels.h"
#include "engine/cpu/kernels/prefetch.h"
#include "engine/cpu/kernels/tile_products.h"

namespace charrnn::cpu {

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
// row's sums do not depend on the rows beside it. Rows of the operand are a_stride values apart:
// where that is a constant, the addresses of all rows are one register and constants.
template <class O, int M, int N, class Target, class... Prefetch>
[[gnu::always_inline]] inline void multiply_block(Target&& sum, const typename O::Stored* a,
                                                  int64_t a_stride, const typename O::Stored* w,
                                                  int k_count, Prefetch&... prefetch) {
  using V = typename O::V;
  // Unrolled by the whole block (g++ does so where it is short) some sums would leave the
  // registers.
#pragma GCC unroll 2
  for (int k = 0; k < k_count; k += O::kGroup, w += N * V::kLanes * O::kGroup) {
    (prefetch.next(), ...);
    if constexpr (M < N) {
      typename O::Factor x[M];
#pragma GCC unroll 16
      for (int m = 0; m < M; ++m) x[m] = O::broadcast(a + m * a_stride + k);
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
        const typename O::Factor x = O::broadcast(a + m * a_stride + k);
#pragma GCC unroll 16
        for (int n = 0; n < N; ++n) sum(m, n) = O::multiply_add(sum(m, n), x, factor[n]);
      }
    }
  }
}

// Calls action.template operator()<width>(); width is 1 to `most`.
template <int most, class Action>
[[gnu::always_inline]] inline void call_with_width(int width, const Action& action) {
  if constexpr (most > 1) {
    if (width < most) return call_with_width<most - 1>(width, action);
  }
  action.template operator()<most>();
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

// Bytes of a panel's weights that all rows use before the next ones are read, while the sums of
// other rows wait in memory. Processors with vectors of 64 bytes read a line a cycle from the
// second cache (512 KiB or more), and a tile wants a third of that: most panels go by at once
// there. Where vectors are shorter, weights come from the nearest cache (32 KiB or more) for all
// tiles of rows but the first.
template <class V>
constexpr int kNearBytes = sizeof(V) >= 64 ? 128 << 10 : 16 << 10;

// Calls multiply(sums in registers), which are those of M rows in memory before and after:
// sums[m][Slots::of(n)], rows row_stride floats apart.
template <class V, class Slots, int M, int N, class Multiply>
[[gnu::always_inline]] inline void with_sums(float* sums, int64_t row_stride,
                                             const Multiply& multiply) {
  constexpr int W = V::kLanes;
  V sum[M][N];
#pragma GCC unroll 16
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 16
    for (int n = 0; n < N; ++n) sum[m][n] = V::load(sums + m * row_stride + Slots::of(n) * W);
  }
  multiply([&](int m, int n) -> V& { return sum[m][n]; });
#pragma GCC unroll 16
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 16
    for (int n = 0; n < N; ++n) sum[m][n].store(sums + m * row_stride + Slots::of(n) * W);
  }
}

// Sends the weights of a panel of N vectors, `blocks` of W values of k, past all rows part by part:
// calls action.template operator()<M>(first row, weights, first block, last block, prefetch) for
// each part and tile of rows. What follows a part in memory comes next, now or with the next panel.
template <class O, int registers, int N, int group, class Action>
[[gnu::always_inline]] inline void for_each_part_and_tile(const typename O::Stored* weights,
                                                          int blocks, int rows,
                                                          const Action& action) {
  constexpr int W = O::V::kLanes, block_values = W * N * W, tile_height = tile_rows<registers>(N);
  constexpr int block_bytes = block_values * static_cast<int>(sizeof(typename O::Stored));
  constexpr int near = kNearBytes<typename O::V>,
                most = near > block_bytes ? near / block_bytes : 1;
  const int parts = (blocks + most - 1) / most, tiles = (rows + tile_height - 1) / tile_height;
  // Few tiles would have to fetch more than a line each time: they wait for what they read now, and
  // asking for more makes it worse.
  const int each = block_bytes / (W / O::kGroup) / tiles, step = each > 64 ? 0 : each;
  for (int part = 0; part < parts; ++part) {
    const int first = blocks * part / parts, last = blocks * (part + 1) / parts;
    const auto* next = reinterpret_cast<const char*>(weights + int64_t{last} * block_values);
    for_each_row_tile<group, tile_height>(rows, [&]<int M>(int row) {
      action.template operator()<M>(row, weights + int64_t{first} * block_values, first, last,
                                    WeightPrefetch{next, step});
      next += step * (last - first) * (W / O::kGroup);
    });
  }
}

struct InOrder {
  [[gnu::always_inline]] static constexpr int of(int n) { return n; }
};

// One tile's part of add_products: the operand's blocks [first, last).
template <class O, class Slots, int M, int N, class Prefetch>
[[gnu::noinline]] void add_products_tile(float* sums, int64_t row_stride,
                                         const Operand<typename O::Stored>& operand, int row,
                                         const typename O::Stored* w, int first, int last,
                                         WeightPrefetch weights, const Prefetch& prefetch) {
  constexpr int W = O::V::kLanes;
  with_sums<typename O::V, Slots, M, N>(sums, row_stride, [&](auto&& sum) {
    const typename O::Stored* a = operand.values + row * W;
    for (int block = first; block < last; ++block, w += W * N * W) {
      const int k_count = block < operand.full_blocks ? W : operand.tail;
      const typename O::Stored* x = a + operand.offset[block];
      if constexpr (Prefetch::kFetches) {
        auto saved = prefetch.template stream<M>(row, block, operand.blocks, W / O::kGroup);
        multiply_block<O, M, N>(sum, x, W, w, k_count, weights, saved);
      } else {
        multiply_block<O, M, N>(sum, x, W, w, k_count, weights);
      }
    }
  });
}

// sums[row][Slots::of(n)] += operand[first_row + row] . panel[n], a product with a panel of N
// vectors. row_stride is in floats. The sums wait in memory while the weights of other blocks go
// by, and lose nothing by it. `ahead` comes meanwhile.
template <class O, int registers, int N, class Slots = InOrder, class Prefetch = NoPrefetch>
void add_products(float* sums, int64_t row_stride, const Operand<typename O::Stored>& operand,
                  int first_row, int rows, int panel, const Prefetch& prefetch = {}) {
  if constexpr (HasTiles<O>) {
    return add_products_by_tiles<O, N, Slots>(sums, row_stride, operand, first_row, rows, panel);
  }
  for_each_part_and_tile<O, registers, N, O::kGroup>(
      operand.weights + panel * operand.panel_stride, operand.blocks, rows,
      [&]<int M>(int row, const typename O::Stored* w, int first, int last,
                 WeightPrefetch weights) {
        add_products_tile<O, Slots, M, N>(sums + row * row_stride, row_stride, operand,
                                          first_row + row, w, first, last, weights, prefetch);
      });
}

// Rows whose sums are in memory at once: they must fit beside the weights.
constexpr int kRowsAtOnce = 48;

// Cuts `rows` into nearly equal parts of at most kRowsAtOnce, each a multiple of `group`, and calls
// action(first row, rows).
template <int group, class Action>
[[gnu::always_inline]] inline void for_each_row_part(int rows, const Action& action) {
  const int parts = (rows + kRowsAtOnce - 1) / kRowsAtOnce, groups = rows / group;
  for (int part = 0, first = 0; part < parts; ++part) {
    const int count = (groups / parts + (part < groups % parts)) * group;
    action(first, count);
    first += count;
  }
}

}  // namespace charrnn::cpu
