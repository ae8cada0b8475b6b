// Products on a set's tile registers (Intel's AMX): a tile is 16 rows of 64 bytes, and one
// instruction multiplies two of them into a third,
//
//   sums[m][n] += rows[m][2k] columns[k][n][0] + rows[m][2k + 1] columns[k][n][1]
//
// m, n and k below 16: operands are bf16 in pairs, sums floats. Packed weights and saved gradients
// of sums have the layout of `columns`; operands have that of `rows`, a block of W values (half of
// a tile's row) at a time.
//
// A set's Tiles has, as static functions:
//   configure(upper, lower, pairs)   the tiles' sizes; what they held is gone
//   load<tile>(from, stride), store<tile>(to, stride), zero<tile>()      strides are in bytes
//   multiply_add<sums, rows, columns>()
//   release()                        the processor need not keep the tiles any longer
// Tiles 0 to 3 are sums (2 m + n), 4 and 5 rows (`upper` and `lower` of them, at most 16), 6 and 7
// columns (`pairs` of k).
#pragma once

#include <cstdint>

#include "engine/cpu/kernels/operand_types.h"

namespace charrnn::cpu {

constexpr int kTileSide = 16;

// Calls set(tile, rows, bytes of a row) for each tile that is used with such sizes.
template <class Set>
[[gnu::always_inline]] inline void for_each_tile_size(int upper, int lower, int pairs,
                                                      const Set& set) {
  constexpr int kWhole = 64, kPair = 4;  // bytes of a whole row, of a pair
  const auto used = [&](int tile, int rows, int row_bytes) {
    if (rows > 0) set(tile, rows, row_bytes);
  };
  for (int n = 0; n < 2; ++n) {
    used(n, upper, kWhole);
    used(2 + n, lower, kWhole);
    used(6 + n, pairs, kWhole);
  }
  used(4, upper, kPair * pairs);
  used(5, lower, kPair * pairs);
}

// sums += rows · columns for row_tiles × column_tiles tiles.
template <class Tiles, int row_tiles, int column_tiles>
[[gnu::always_inline]] inline void multiply_tiles() {
  Tiles::template multiply_add<0, 4, 6>();
  if constexpr (column_tiles == 2) Tiles::template multiply_add<1, 4, 7>();
  if constexpr (row_tiles == 2) Tiles::template multiply_add<2, 5, 6>();
  if constexpr (row_tiles == 2 && column_tiles == 2) Tiles::template multiply_add<3, 5, 7>();
}

// Calls action.template operator()<tile, m, n>() for each tile of sums.
template <int row_tiles, int column_tiles, class Action>
[[gnu::always_inline]] inline void for_each_sum_tile(const Action& action) {
  action.template operator()<0, 0, 0>();
  if constexpr (column_tiles == 2) action.template operator()<1, 0, 1>();
  if constexpr (row_tiles == 2) action.template operator()<2, 1, 0>();
  if constexpr (row_tiles == 2 && column_tiles == 2) action.template operator()<3, 1, 1>();
}

// Calls action.template operator()<row_tiles, column_tiles>() for one or two of each.
template <class Action>
void call_with_tiles(bool two_rows, bool two_columns, const Action& action) {
  if (two_rows) {
    two_columns ? action.template operator()<2, 2>() : action.template operator()<2, 1>();
  } else {
    two_columns ? action.template operator()<1, 2>() : action.template operator()<1, 1>();
  }
}

// For vectors n and n + 1 of a panel of N: the operand's blocks [first, last) from row `row` on.
template <class O, int N, class Slots, int row_tiles, int column_tiles>
[[gnu::noinline]] void add_tiles(float* sums, int64_t row_stride, const Operand<Bf16>& operand,
                                 int row, const Bf16* weights, int n, int first, int last) {
  using Tiles = typename O::Tiles;
  constexpr int W = O::V::kLanes, value = sizeof(Bf16);
  const int64_t sums_stride = row_stride * static_cast<int64_t>(sizeof(float));
  const auto sums_of = [&](int m, int i) {
    return sums + m * kTileSide * row_stride + Slots::of(n + i) * W;
  };
  for_each_sum_tile<row_tiles, column_tiles>(
      [&]<int tile, int m, int i>() { Tiles::template load<tile>(sums_of(m, i), sums_stride); });
  const Bf16* w = weights + int64_t{first} * W * N * W + n * W * O::kGroup;
  for (int block = first; block < last; ++block, w += W * N * W) {
    const Bf16* a = operand.values + operand.offset[block] + row * W;
    Tiles::template load<4>(a, W * value);
    if constexpr (row_tiles == 2) Tiles::template load<5>(a + kTileSide * W, W * value);
    Tiles::template load<6>(w, N * W * O::kGroup * value);
    if constexpr (column_tiles == 2) {
      Tiles::template load<7>(w + W * O::kGroup, N * W * O::kGroup * value);
    }
    multiply_tiles<Tiles, row_tiles, column_tiles>();
  }
  for_each_sum_tile<row_tiles, column_tiles>(
      [&]<int tile, int m, int i>() { Tiles::template store<tile>(sums_of(m, i), sums_stride); });
}

// What add_products does (tile.h).
template <class O, int N, class Slots>
void add_products_by_tiles(float* sums, int64_t row_stride, const Operand<Bf16>& operand,
                           int first_row, int rows, int panel) {
  using Tiles = typename O::Tiles;
  constexpr int W = O::V::kLanes;
  static_assert(W == kTileSide);
  const Bf16* weights = operand.weights + panel * operand.panel_stride;
  const int full = operand.full_blocks < operand.blocks ? operand.full_blocks : operand.blocks;
  for (int row = 0; row < rows; row += 2 * kTileSide) {
    const int left = rows - row, upper = left < kTileSide ? left : kTileSide,
              lower = left < 2 * kTileSide ? left - upper : kTileSide;
    const auto add_blocks = [&](int first, int last, int pairs) {
      if (first == last) return;
      Tiles::configure(upper, lower, pairs);
      for (int n = 0; n < N; n += 2) {
        call_with_tiles(lower > 0, n + 1 < N, [&]<int row_tiles, int column_tiles>() {
          add_tiles<O, N, Slots, row_tiles, column_tiles>(sums + row * row_stride, row_stride,
                                                          operand, first_row + row, weights, n,
                                                          first, last);
        });
      }
    };
    add_blocks(0, full, W / O::kGroup);
    add_blocks(full, operand.blocks, (operand.tail + O::kGroup - 1) / O::kGroup);
  }
  Tiles::release();
}

// What multiply_adds does (measure_kernel.h), with whole tiles.
template <class O>
int64_t tile_multiply_adds(int64_t rounds, float* sink) {
  using Tiles = typename O::Tiles;
  alignas(64) static constexpr float kZeros[kTileSide] = {};
  Tiles::configure(kTileSide, kTileSide, kTileSide);
  for_each_sum_tile<2, 2>([&]<int tile, int, int>() { Tiles::template zero<tile>(); });
  Tiles::template load<4>(kZeros, 0);
  Tiles::template load<5>(kZeros, 0);
  Tiles::template load<6>(kZeros, 0);
  Tiles::template load<7>(kZeros, 0);
  for (int64_t round = 0; round < rounds; ++round) multiply_tiles<Tiles, 2, 2>();
  alignas(64) float sums[kTileSide][kTileSide];
  Tiles::template store<0>(sums, sizeof sums[0]);
  Tiles::release();
  *sink = sums[0][0];
  return rounds * 4 * kTileSide * kTileSide * kTileSide * 2;
}

}  // namespace charrnn::cpu
