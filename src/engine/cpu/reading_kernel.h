// The one source of the kernels of reading, over an operand type O (float32 or bf16) and its
// vectors. Included by the isa_*.cc files alone.
//
// With few rows the limit is the weights' way from the cache: a tile holds its sums in registers
// while it goes once through the weights of its panels, and more panels at once hide the latency of
// the sums. With many rows the products are the limit, and weights go past all rows in parts that
// stay in the nearest cache (tile.h).
#pragma once

#include "engine/cpu/activations.h"
#include "engine/cpu/operand_types.h"
#include "engine/cpu/reading_kernels.h"
#include "engine/cpu/tile.h"
#include "model/cells/cells.h"

namespace charrnn::cpu {

// y = W x + b in the shape of a cell.
struct Linear {
  static constexpr int gates = 1, sums = 1, states = 0, saved = 0;
  static constexpr int input_sum[1] = {0}, recurrent_sum[1] = {0};
};

// Vectors of units in a panel: one gate of one vector would make too small a tile.
template <class Cell>
constexpr int kUnitVectors = Cell::gates == 1 ? 2 : 1;

// Sums, one step's weights and an operand are in registers together.
template <class Cell, int registers>
constexpr int most_reading_rows() {
  constexpr int sums = Cell::sums * kUnitVectors<Cell>;
  constexpr int rows = (registers - Cell::gates * kUnitVectors<Cell> - 1) / sums;
  return rows < 1 ? 1 : rows > 8 ? 8 : rows;
}

template <class Cell, int registers>
constexpr int panels_at_once(int rows) {
  int panels = 1;
  const int sums = Cell::sums * kUnitVectors<Cell>, weights = Cell::gates * kUnitVectors<Cell>;
  while (panels < 4 && 2 * panels * (rows * sums + weights) < registers) panels *= 2;
  return panels;
}

template <class O, class Cell, int kRows, int kPanels>
struct ReadingTile {
  using V = typename O::V;
  using Value = typename O::Stored;
  static constexpr int kVectors = kUnitVectors<Cell>;
  static constexpr int kUnits = kVectors * V::kLanes;
  static constexpr int kStep = Cell::gates * kUnits * O::kGroup;

  V sum[kPanels][kRows][Cell::sums][kVectors];

  [[gnu::always_inline]] void start(const LayerRead& read, int first_row, int first_panel) {
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) {
#pragma GCC unroll 8
      for (int m = 0; m < kRows; ++m) {
        const float* from =
            read.start[first_row + m] + static_cast<size_t>(first_panel + p) * Cell::sums * kUnits;
#pragma GCC unroll 4
        for (int s = 0; s < Cell::sums; ++s) {
#pragma GCC unroll 2
          for (int v = 0; v < kVectors; ++v) {
            sum[p][m][s][v] = V::load(from + (s * kVectors + v) * V::kLanes);
          }
        }
      }
    }
  }

  // sum[target[gate]] += weights . operands, over `steps` groups of k. Returns the weights after.
  [[gnu::always_inline]] const Value* add(const Value* weights, size_t panel_values, int steps,
                                          const Value* operands, size_t stride,
                                          const int (&target)[Cell::gates]) {
    for (int k = 0; k < steps; ++k, weights += kStep) {
      typename O::Factor w[kPanels][Cell::gates][kVectors];
#pragma GCC unroll 4
      for (int p = 0; p < kPanels; ++p) {
#pragma GCC unroll 4
        for (int g = 0; g < Cell::gates; ++g) {
#pragma GCC unroll 2
          for (int v = 0; v < kVectors; ++v) {
            w[p][g][v] =
                O::weights(weights + p * panel_values + (g * kVectors + v) * V::kLanes * O::kGroup);
          }
        }
      }
#pragma GCC unroll 8
      for (int m = 0; m < kRows; ++m) {
        const typename O::Factor x = O::broadcast(operands + m * stride + k * O::kGroup);
#pragma GCC unroll 4
        for (int p = 0; p < kPanels; ++p) {
#pragma GCC unroll 4
          for (int g = 0; g < Cell::gates; ++g) {
#pragma GCC unroll 2
            for (int v = 0; v < kVectors; ++v) {
              V& to = sum[p][m][target[g]][v];
              to = O::multiply_add(to, x, w[p][g][v]);
            }
          }
        }
      }
    }
    return weights;
  }

  // The sums leave the registers here, so that the loops above may keep them there.
  [[gnu::always_inline]] void finish(const LayerRead& read, int first_row, int first_panel) const {
    float sums[kPanels][kRows][Cell::sums][kVectors][V::kLanes];
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) {
#pragma GCC unroll 8
      for (int m = 0; m < kRows; ++m) {
#pragma GCC unroll 4
        for (int s = 0; s < Cell::sums; ++s) {
#pragma GCC unroll 2
          for (int v = 0; v < kVectors; ++v) sum[p][m][s][v].store(sums[p][m][s][v]);
        }
      }
    }
    for (int p = 0; p < kPanels; ++p) {
      for (int m = 0; m < kRows; ++m) {
        for (int v = 0; v < kVectors; ++v) {
          const int unit = (first_panel + p) * kUnits + v * V::kLanes;
          finish_units(read, first_row + m, unit, &sums[p][m][0][v][0]);
        }
      }
    }
  }

  // One vector of units: their sums, `kUnits` apart, become the new state.
  static void finish_units(const LayerRead& read, int row, int unit, const float* sums) {
    float* new_state = read.new_state + row * read.state_stride + unit;
    if constexpr (Cell::states == 0) {
      V::load(sums).store(new_state);
    } else {
      const float* old_state = read.old_state + row * read.state_stride + unit;
      V sum[Cell::sums], state[Cell::states], saved[Cell::saved];
      for (int s = 0; s < Cell::sums; ++s) sum[s] = V::load(sums + s * kUnits);
      for (int s = 0; s < Cell::states; ++s) state[s] = V::load(old_state + s * read.states_apart);
      Cell::forward(sum, state, saved);
      for (int s = 0; s < Cell::states; ++s) state[s].store(new_state + s * read.states_apart);
      if constexpr (O::kGroup > 1) {
        O::store_operand(static_cast<Value*>(read.new_operands) + row * read.operands_stride + unit,
                         state[0]);
      }
      if (read.saved) {
        for (int s = 0; s < Cell::saved; ++s)
          saved[s].store(read.saved + s * read.saved_stride + unit);
      }
    }
  }

  static void run(const LayerRead& read, int first_row, int first_panel) {
    ReadingTile tile;
    tile.start(read, first_row, first_panel);
    const Value* weights =
        static_cast<const Value*>(read.weights) + first_panel * read.panel_values;
    const Value* input = static_cast<const Value*>(read.input) + first_row * read.input_stride;
    const Value* hidden = static_cast<const Value*>(read.hidden) + first_row * read.hidden_stride;
    weights = tile.add(weights, read.panel_values, read.input_steps, input, read.input_stride,
                       Cell::input_sum);
    tile.add(weights, read.panel_values, read.hidden_steps, hidden, read.hidden_stride,
             Cell::recurrent_sum);
    tile.finish(read, first_row, first_panel);
  }
};

// All panels of the range for `kRows` rows.
template <class O, class Cell, int registers, int kRows>
void read_rows(const LayerRead& read, int first_row, int first_panel, int end_panel) {
  constexpr int kPanels = panels_at_once<Cell, registers>(kRows);
  int panel = first_panel;
  for (; panel + kPanels <= end_panel; panel += kPanels) {
    ReadingTile<O, Cell, kRows, kPanels>::run(read, first_row, panel);
  }
  if constexpr (kPanels > 1) {
    for (; panel < end_panel; ++panel) ReadingTile<O, Cell, kRows, 1>::run(read, first_row, panel);
  }
}

template <class O, class Cell, int registers, int kRows>
void read_as_many_rows(int rows, const LayerRead& read, int first_row, int first_panel,
                       int end_panel) {
  if (rows == kRows) {
    read_rows<O, Cell, registers, kRows>(read, first_row, first_panel, end_panel);
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
template <class O, int registers>
constexpr ReadingKernels make_reading_kernels() {
  return {.cells = {reading_entry<O, Rnn, registers>(), reading_entry<O, Lstm, registers>(),
                    reading_entry<O, Gru, registers>()},
          .linear = reading_entry<O, Linear, registers>(),
          .exponential_sum = exponential_sum<typename O::V>,
          .to_operands = to_operands<O>};
}

}  // namespace charrnn::cpu
