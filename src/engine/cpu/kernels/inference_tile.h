// A few rows of a few panels of one layer, all sums in registers (inference_kernel.h): one pass
// over the weights, whose bandwidth is the limit with few rows.
#pragma once

#include "engine/cpu/kernels/inference_kernels.h"
#include "engine/cpu/kernels/operand_types.h"
#include "engine/cpu/kernels/vector_math.h"
#include "model/cells/cells.h"

namespace charrnn::cpu {

// y = W x + b in the shape of a cell.
struct Linear {
  static constexpr int gates = 1, sums = 1, states = 0, saved = 0;
  static constexpr int input_sum[1] = {0}, recurrent_sum[1] = {0};
};

// Vectors of units in a panel.
template <class Cell>
constexpr int kUnitVectors = panel_blocks(Cell::gates);

// Sums, one step's weights and an operand are in registers together.
template <class Cell, int registers>
constexpr int max_tile_rows() {
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
struct InferenceTile {
  using V = typename O::V;
  using Value = typename O::Stored;
  static constexpr int kVectors = kUnitVectors<Cell>;
  static constexpr int kUnits = kVectors * V::kLanes;
  static constexpr int kStep = Cell::gates * kUnits * O::kGroup;

  V sum[kPanels][kRows][Cell::sums][kVectors];

  [[gnu::always_inline]] void start(const LayerStep& step, int first_row, int first_panel) {
#pragma GCC unroll 4
    for (int p = 0; p < kPanels; ++p) {
#pragma GCC unroll 8
      for (int m = 0; m < kRows; ++m) {
        const float* from =
            step.start[first_row + m] + static_cast<size_t>(first_panel + p) * Cell::sums * kUnits;
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
  [[gnu::always_inline]] void finish(const LayerStep& step, int first_row, int first_panel) const {
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
          finish_units(step, first_row + m, unit, &sums[p][m][0][v][0]);
        }
      }
    }
  }

  // One vector of units: their sums, `kUnits` apart, become the new state.
  static void finish_units(const LayerStep& step, int row, int unit, const float* sums) {
    float* new_state = step.new_state + row * step.state_stride + unit;
    if constexpr (Cell::states == 0) {
      V::load(sums).store(new_state);
    } else {
      const float* old_state = step.old_state + row * step.state_stride + unit;
      V sum[Cell::sums], state[Cell::states], saved[Cell::saved];
      for (int s = 0; s < Cell::sums; ++s) sum[s] = V::load(sums + s * kUnits);
      for (int s = 0; s < Cell::states; ++s) state[s] = V::load(old_state + s * step.states_apart);
      Cell::forward(sum, state, saved);
      for (int s = 0; s < Cell::states; ++s) state[s].store(new_state + s * step.states_apart);
      if constexpr (O::kGroup > 1) {
        O::store_operand(static_cast<Value*>(step.new_operands) + row * step.operands_stride + unit,
                         state[0]);
      }
      if constexpr (Cell::states > 1) {
        if (step.forget_product)
          track_cell(step, row * step.state_stride + unit, saved[Cell::carry], state[1]);
      }
      if (step.saved) {
        for (int s = 0; s < Cell::saved; ++s)
          saved[s].store(step.saved + s * step.saved_stride + unit);
      }
    }
  }

  static void track_cell(const LayerStep& step, size_t place, V carry, V state) {
    const V zero(0.0f), size = maximum(state, zero - state);
    float *forget_product = step.forget_product + place, *min_abs_cell = step.min_abs_cell + place;
    (V::load(forget_product) * carry).store(forget_product);
    (zero - maximum(zero - V::load(min_abs_cell), zero - size)).store(min_abs_cell);
  }

  static void run(const LayerStep& step, int first_row, int first_panel) {
    InferenceTile tile;
    tile.start(step, first_row, first_panel);
    const Value* weights =
        static_cast<const Value*>(step.weights) + first_panel * step.panel_values;
    const Value* input = static_cast<const Value*>(step.input) + first_row * step.input_stride;
    const Value* hidden = static_cast<const Value*>(step.hidden) + first_row * step.hidden_stride;
    weights = tile.add(weights, step.panel_values, step.input_steps, input, step.input_stride,
                       Cell::input_sum);
    tile.add(weights, step.panel_values, step.hidden_steps, hidden, step.hidden_stride,
             Cell::recurrent_sum);
    tile.finish(step, first_row, first_panel);
  }
};

}  // namespace charrnn::cpu
