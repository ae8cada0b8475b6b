// The kernels of inference over an operand type O (float32 or bf16) and its vectors. Included by
// the isa_*.cc files alone.
//
// With few rows the limit is the bandwidth of the cache that holds the weights: a tile holds its
// sums in registers during one pass over the weights of its panels, and several panels at once hide
// the latency of the sums. With many rows the multiply-adds are the limit, and weights are read in
// parts that stay in L1 or L2 for all rows (tile.h).
#pragma once

#include "engine/cpu/kernels/inference_tile.h"
#include "engine/cpu/kernels/tile.h"

namespace charrnn::cpu {

// All panels of the range for `kRows` rows. The remaining ones are one tile, too: fewer sums take
// as long, since they wait for their own multiply-adds.
template <class O, class Cell, int kRows, int kPanels>
void step_rows(const LayerStep& step, int first_row, int panel, int end_panel) {
  for (; panel + kPanels <= end_panel; panel += kPanels) {
    InferenceTile<O, Cell, kRows, kPanels>::run(step, first_row, panel);
  }
  if constexpr (kPanels > 1) {
    if (panel < end_panel) {
      step_rows<O, Cell, kRows, kPanels - 1>(step, first_row, panel, end_panel);
    }
  }
}

template <class O, class Cell, int registers, int kRows>
void step_row_count(int rows, const LayerStep& step, int first_row, int first_panel,
                    int end_panel) {
  if (rows == kRows) {
    step_rows<O, Cell, kRows, panels_at_once<Cell, registers>(kRows)>(step, first_row, first_panel,
                                                                      end_panel);
  } else if constexpr (kRows > 1) {
    step_row_count<O, Cell, registers, kRows - 1>(rows, step, first_row, first_panel, end_panel);
  }
}

// Where the sums of a step's weights [gate][vector] go: [sum][vector].
template <class Cell>
struct InferenceInputSlots {
  [[gnu::always_inline]] static constexpr int of(int n) {
    return Cell::input_sum[n / kUnitVectors<Cell>] * kUnitVectors<Cell> + n % kUnitVectors<Cell>;
  }
};
template <class Cell>
struct InferenceHiddenSlots {
  [[gnu::always_inline]] static constexpr int of(int n) {
    return Cell::recurrent_sum[n / kUnitVectors<Cell>] * kUnitVectors<Cell> +
           n % kUnitVectors<Cell>;
  }
};

// One tile of add_inference_products: `count` values of k.
template <class O, class Slots, int M, int N>
[[gnu::noinline]] void add_inference_tile(float* sums, int64_t row_stride,
                                          const typename O::Stored* a, int64_t a_stride,
                                          const typename O::Stored* w, int count,
                                          WeightPrefetch weights) {
  constexpr int W = O::V::kLanes;
  with_sums<typename O::V, Slots, M, N>(sums, row_stride, [&](auto&& sum) {
    for (int k = 0; k < count; k += W, w += W * N * W) {
      multiply_block<O, M, N>(sum, a + k, a_stride, w, count - k < W ? count - k : W, weights);
    }
  });
}

// sums[row][Slots::of(n)] += operands[row] . weights[n] over `steps` groups of k, for many rows.
template <class O, int registers, int N, class Slots>
void add_inference_products(float* sums, int64_t row_stride, const typename O::Stored* a,
                            int64_t a_stride, int rows, const typename O::Stored* weights,
                            int steps) {
  constexpr int W = O::V::kLanes;
  const int all = steps * O::kGroup;
  for_each_part_and_tile<O, registers, N, 1>(
      weights, (all + W - 1) / W, rows,
      [&]<int M>(int row, const typename O::Stored* w, int first, int last,
                 WeightPrefetch weights_ahead) {
        const int end = last * W < all ? last * W : all;
        add_inference_tile<O, Slots, M, N>(sums + row * row_stride, row_stride,
                                           a + row * a_stride + first * W, a_stride, w,
                                           end - first * W, weights_ahead);
      });
}

// One panel for at most kRowsAtOnce rows.
template <class O, class Cell, int registers>
void step_panel(const LayerStep& step, int first, int rows, int panel) {
  using V = typename O::V;
  using Value = typename O::Stored;
  constexpr int N = Cell::gates * kUnitVectors<Cell>, units = kUnitVectors<Cell> * V::kLanes;
  constexpr int width = Cell::sums * units;
  alignas(64) float sums[kRowsAtOnce][width];
  for (int row = 0; row < rows; ++row) {
    const float* start = step.start[first + row] + int64_t{panel} * width;
    for (int n = 0; n < width; n += V::kLanes) V::load(start + n).store(sums[row] + n);
  }
  const Value* weights = static_cast<const Value*>(step.weights) + panel * step.panel_values;
  add_inference_products<O, registers, N, InferenceInputSlots<Cell>>(
      sums[0], width, static_cast<const Value*>(step.input) + first * step.input_stride,
      step.input_stride, rows, weights, step.input_steps);
  weights += int64_t{step.input_steps} * N * V::kLanes * O::kGroup;
  add_inference_products<O, registers, N, InferenceHiddenSlots<Cell>>(
      sums[0], width, static_cast<const Value*>(step.hidden) + first * step.hidden_stride,
      step.hidden_stride, rows, weights, step.hidden_steps);
  for (int row = 0; row < rows; ++row) {
    for (int v = 0; v < kUnitVectors<Cell>; ++v) {
      InferenceTile<O, Cell, 1, 1>::finish_units(step, first + row, panel * units + v * V::kLanes,
                                                 sums[row] + v * V::kLanes);
    }
  }
}

template <class O, class Cell, int registers>
void step_layer(const LayerStep& step, int first_panel, int end_panel) {
  constexpr int kMaxRows = max_tile_rows<Cell, registers>();
  if (step.rows <= kMaxRows) {
    return step_row_count<O, Cell, registers, kMaxRows>(step.rows, step, 0, first_panel, end_panel);
  }
  for (int panel = first_panel; panel < end_panel; ++panel) {
    for_each_row_part<1>(step.rows, [&](int first, int rows) {
      step_panel<O, Cell, registers>(step, first, rows, panel);
    });
  }
}

template <class O, class Cell, int registers>
constexpr InferenceKernels::Entry inference_entry() {
  constexpr int lanes = O::V::kLanes;
  return {{Cell::gates, Cell::sums, kUnitVectors<Cell> * lanes, lanes, O::kGroup,
           static_cast<int>(sizeof(typename O::Stored))},
          &step_layer<O, Cell, registers>};
}

template <class V>
void sum_of_exponentials(const float* values, int vectors, float& max, float& sum) {
  V most = V::load(values);
  for (int i = 1; i < vectors; ++i) most = maximum(most, V::load(values + i * V::kLanes));
  max = reduce_max(most);
  V sums(0.0f);
  for (int i = 0; i < vectors; ++i) sums = sums + exp(V::load(values + i * V::kLanes) - V(max));
  sum = reduce_add(sums);
}

template <class O>
void to_operands(const float* values, int64_t count, void* operands) {
  auto* to = static_cast<typename O::Stored*>(operands);
  for (int64_t i = 0; i < count; i += O::V::kLanes)
    O::store_operand(to + i, O::V::load(values + i));
}

// registers: how many vector registers the set has.
template <class O, int registers, class... Cell>
constexpr InferenceKernels make_inference_kernels(CellList<Cell...>) {
  return {.cells = {inference_entry<O, Cell, registers>()...},
          .linear = inference_entry<O, Linear, registers>(),
          .sum_of_exponentials = sum_of_exponentials<typename O::V>,
          .to_operands = to_operands<O>};
}

}  // namespace charrnn::cpu
