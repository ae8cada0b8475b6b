// The one source of the kernels of reading, over an operand type O (float32 or bf16) and its
// vectors. Included by the isa_*.cc files alone.
//
// With few rows the limit is the weights' way from the cache: a tile holds its sums in registers
// while it goes once through the weights of its panels, and more panels at once hide the latency of
// the sums. With many rows the products are the limit, and weights go past all rows in parts that
// stay in the nearest cache (tile.h).
#pragma once

#include "engine/cpu/kernels/reading_tile.h"
#include "engine/cpu/kernels/tile.h"

namespace charrnn::cpu {

// All panels of the range for `kRows` rows. What is left of them is one tile, too: its sums are
// few, and wait as long for their own multiply-adds as more would.
template <class O, class Cell, int kRows, int kPanels>
void read_rows(const LayerRead& read, int first_row, int panel, int end_panel) {
  for (; panel + kPanels <= end_panel; panel += kPanels) {
    ReadingTile<O, Cell, kRows, kPanels>::run(read, first_row, panel);
  }
  if constexpr (kPanels > 1) {
    if (panel < end_panel) {
      read_rows<O, Cell, kRows, kPanels - 1>(read, first_row, panel, end_panel);
    }
  }
}

template <class O, class Cell, int registers, int kRows>
void read_as_many_rows(int rows, const LayerRead& read, int first_row, int first_panel,
                       int end_panel) {
  if (rows == kRows) {
    read_rows<O, Cell, kRows, panels_at_once<Cell, registers>(kRows)>(read, first_row, first_panel,
                                                                      end_panel);
  } else if constexpr (kRows > 1) {
    read_as_many_rows<O, Cell, registers, kRows - 1>(rows, read, first_row, first_panel, end_panel);
  }
}

// Where the sums of a step's weights [gate][vector] go: [sum][vector].
template <class Cell>
struct ReadingInputSlots {
  [[gnu::always_inline]] static constexpr int of(int n) {
    return Cell::input_sum[n / kUnitVectors<Cell>] * kUnitVectors<Cell> + n % kUnitVectors<Cell>;
  }
};
template <class Cell>
struct ReadingHiddenSlots {
  [[gnu::always_inline]] static constexpr int of(int n) {
    return Cell::recurrent_sum[n / kUnitVectors<Cell>] * kUnitVectors<Cell> +
           n % kUnitVectors<Cell>;
  }
};

// One tile's part of add_reading: `count` values of k.
template <class O, class Slots, int M, int N>
[[gnu::noinline]] void add_reading_tile(float* sums, int64_t row_stride,
                                        const typename O::Stored* a, int64_t a_stride,
                                        const typename O::Stored* w, int count,
                                        WeightsAhead weights) {
  constexpr int W = O::V::kLanes;
  with_sums<typename O::V, Slots, M, N>(sums, row_stride, [&](auto&& sum) {
    for (int k = 0; k < count; k += W, w += W * N * W) {
      multiply_block<O, M, N>(sum, a + k, a_stride, w, count - k < W ? count - k : W, weights);
    }
  });
}

// sums[row][Slots::of(n)] += operands[row] . weights[n] over `steps` groups of k, for many rows.
template <class O, int registers, int N, class Slots>
void add_reading(float* sums, int64_t row_stride, const typename O::Stored* a, int64_t a_stride,
                 int rows, const typename O::Stored* weights, int steps) {
  constexpr int W = O::V::kLanes;
  const int all = steps * O::kGroup;
  for_each_part_and_tile<O, registers, N, 1>(
      weights, (all + W - 1) / W, rows,
      [&]<int M>(int row, const typename O::Stored* w, int first, int last,
                 WeightsAhead weights_ahead) {
        const int end = last * W < all ? last * W : all;
        add_reading_tile<O, Slots, M, N>(sums + row * row_stride, row_stride,
                                         a + row * a_stride + first * W, a_stride, w,
                                         end - first * W, weights_ahead);
      });
}

// One panel for at most kRowsAtOnce rows.
template <class O, class Cell, int registers>
void read_panel(const LayerRead& read, int first, int rows, int panel) {
  using V = typename O::V;
  using Value = typename O::Stored;
  constexpr int N = Cell::gates * kUnitVectors<Cell>, units = kUnitVectors<Cell> * V::kLanes;
  constexpr int width = Cell::sums * units;
  alignas(64) float sums[kRowsAtOnce][width];
  for (int row = 0; row < rows; ++row) {
    const float* start = read.start[first + row] + int64_t{panel} * width;
    for (int n = 0; n < width; n += V::kLanes) V::load(start + n).store(sums[row] + n);
  }
  const Value* weights = static_cast<const Value*>(read.weights) + panel * read.panel_values;
  add_reading<O, registers, N, ReadingInputSlots<Cell>>(
      sums[0], width, static_cast<const Value*>(read.input) + first * read.input_stride,
      read.input_stride, rows, weights, read.input_steps);
  weights += int64_t{read.input_steps} * N * V::kLanes * O::kGroup;
  add_reading<O, registers, N, ReadingHiddenSlots<Cell>>(
      sums[0], width, static_cast<const Value*>(read.hidden) + first * read.hidden_stride,
      read.hidden_stride, rows, weights, read.hidden_steps);
  for (int row = 0; row < rows; ++row) {
    for (int v = 0; v < kUnitVectors<Cell>; ++v) {
      ReadingTile<O, Cell, 1, 1>::finish_units(read, first + row, panel * units + v * V::kLanes,
                                               sums[row] + v * V::kLanes);
    }
  }
}

template <class O, class Cell, int registers>
void read_layer(const LayerRead& read, int first_panel, int end_panel) {
  constexpr int kMost = most_reading_rows<Cell, registers>();
  if (read.rows <= kMost) {
    return read_as_many_rows<O, Cell, registers, kMost>(read.rows, read, 0, first_panel, end_panel);
  }
  for (int panel = first_panel; panel < end_panel; ++panel) {
    for_each_row_part<1>(read.rows, [&](int first, int rows) {
      read_panel<O, Cell, registers>(read, first, rows, panel);
    });
  }
}

template <class O, class Cell, int registers>
constexpr ReadingKernels::Entry reading_entry() {
  constexpr int lanes = O::V::kLanes;
  return {{Cell::gates, Cell::sums, kUnitVectors<Cell> * lanes, lanes, O::kGroup,
           static_cast<int>(sizeof(typename O::Stored))},
          &read_layer<O, Cell, registers>};
}

template <class V>
void exponential_sum(const float* values, int vectors, float& largest, float& sum) {
  V most = V::load(values);
  for (int i = 1; i < vectors; ++i) most = larger(most, V::load(values + i * V::kLanes));
  largest = largest_lane(most);
  V sums(0.0f);
  for (int i = 0; i < vectors; ++i) sums = sums + exp(V::load(values + i * V::kLanes) - V(largest));
  sum = sum_of_lanes(sums);
}

template <class O>
void to_operands(const float* values, void* operands, int count) {
  auto* to = static_cast<typename O::Stored*>(operands);
  for (int i = 0; i < count; i += O::V::kLanes) O::store_operand(to + i, O::V::load(values + i));
}

// registers: how many vector registers the set has.
template <class O, int registers, class... Cell>
constexpr ReadingKernels make_reading_kernels(CellList<Cell...>) {
  return {.cells = {reading_entry<O, Cell, registers>()...},
          .linear = reading_entry<O, Linear, registers>(),
          .exponential_sum = exponential_sum<typename O::V>,
          .to_operands = to_operands<O>};
}

}  // namespace charrnn::cpu
