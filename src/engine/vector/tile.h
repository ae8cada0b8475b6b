// The register tile that every product is made of: M rows by N vectors of sums, kept in registers
// while the common index runs over planes of the left operand and one packed panel of the right
// one.
//
// Each sum takes its products one after the other, from the first index to the last, whatever the
// tile: so a row's result has the same bits in any tile, in any batch, on any thread.
#pragma once

#include <cstdint>

namespace charrnn::kernels {

// Which planes of the left operand a product reads: from each group of `planes`, those at(0) …
// at(count - 1).
struct EveryPlane {
  static constexpr int planes = 1;
  static constexpr int count = 1;
  static constexpr int at(int) { return 0; }
};
// … or, of a layer's gradients, those of the sums that W_ih or W_hh feed.
template <class Cell>
struct InputSums {
  static constexpr int planes = Cell::saved;
  static constexpr int count = Cell::gates;
  static constexpr int at(int i) { return Cell::input_sum[i]; }
};
template <class Cell>
struct RecurrentSums {
  static constexpr int planes = Cell::saved;
  static constexpr int count = Cell::gates;
  static constexpr int at(int i) { return Cell::recurrent_sum[i]; }
};
// A table's gradient holds the sums alone, not what else forward saved.
template <class Cell>
struct TableSums {
  static constexpr int planes = Cell::sums;
  static constexpr int count = Cell::gates;
  static constexpr int at(int i) { return Cell::input_sum[i]; }
};

// Which sums of a unit the columns of a panel are added to.
struct OneSum {
  static constexpr int sums = 1;
  static constexpr int count = 1;
  static constexpr int at(int) { return 0; }
};
template <class Cell>
struct ToInputSums {
  static constexpr int sums = Cell::sums;
  static constexpr int count = Cell::gates;
  static constexpr int at(int i) { return Cell::input_sum[i]; }
};
template <class Cell>
struct ToRecurrentSums {
  static constexpr int sums = Cell::sums;
  static constexpr int count = Cell::gates;
  static constexpr int at(int i) { return Cell::recurrent_sum[i]; }
};

// Rows a tile may have so that its sums, one row of weights and a broadcast fit the registers.
template <class V>
constexpr int tile_rows(int vectors) {
  return V::registers == 32 ? (vectors <= 2 ? 8 : 24 / vectors) : (vectors == 1 ? 8 : 12 / vectors);
}

// sums[m][…] += left[m][k] panel[k][…] for all k. left: the tile's first row in the first plane;
// plane: floats a plane.
template <class V, class From, class To, int M, int Blocks>
[[gnu::always_inline]] inline void accumulate(V (&sums)[M][Blocks * To::sums], const float* left,
                                              int groups, int64_t plane, const float* panel) {
  constexpr int kVectors = Blocks * To::count;
  for (int group = 0; group < groups; ++group, left += From::planes * plane) {
#pragma GCC unroll 4
    for (int i = 0; i < From::count; ++i) {
      const float* row = left + From::at(i) * plane;
      for (int lane = 0; lane < V::width; ++lane, panel += kVectors * V::width) {
        V weights[kVectors];
#pragma GCC unroll 8
        for (int n = 0; n < kVectors; ++n) weights[n] = V::load(panel + n * V::width);
#pragma GCC unroll 8
        for (int m = 0; m < M; ++m) {
          const V x(row[m * V::width + lane]);
#pragma GCC unroll 8
          for (int n = 0; n < kVectors; ++n) {
            V& sum = sums[m][n / To::count * To::sums + To::at(n % To::count)];
            sum = fma(x, weights[n], sum);
          }
        }
      }
    }
  }
}

// Calls tile.template operator()<M>(row) for tiles that cover the rows: as many of `Most` rows as
// fit, then 4, 2, 1.
template <int Most, class Tile>
[[gnu::always_inline]] inline void for_tiles(int begin, int end, Tile&& tile) {
  int row = begin;
  for (; row + Most <= end; row += Most) tile.template operator()<Most>(row);
  if constexpr (Most > 4) {
    for (; row + 4 <= end; row += 4) tile.template operator()<4>(row);
  }
  if constexpr (Most > 2) {
    for (; row + 2 <= end; row += 2) tile.template operator()<2>(row);
  }
  if constexpr (Most > 1) {
    for (; row < end; ++row) tile.template operator()<1>(row);
  }
}

// Calls panel.template operator()<Blocks>(block) for panels that cover the unit blocks, the last
// one narrower.
template <int Most, class Panel>
[[gnu::always_inline]] inline void for_panels(int blocks, Panel&& panel) {
  int block = 0;
  for (; block + Most <= blocks; block += Most) panel.template operator()<Most>(block);
  if constexpr (Most > 1) {
    for (; block < blocks; ++block) panel.template operator()<1>(block);
  }
}

}  // namespace charrnn::kernels
