// What weight gradients do with a chunk of rows before they multiply.
#pragma once

#include "engine/cpu/operand_types.h"

namespace charrnn::cpu {

// Calls action(place in the records of a time's first row, group of rows) for each group of the
// chunk in order.
template <int group, class Action>
[[gnu::always_inline]] inline void for_each_row_group(int rows_of_time, int first, int count,
                                                      const Action& action) {
  int time = first / rows_of_time, row = first % rows_of_time;
  for (int i = 0; i < count; i += group, row += group) {
    if (row == rows_of_time) row = 0, ++time;
    action(time, row / group);
  }
}

// To [row][vectors][W], with the rows of a group interleaved.
template <class O>
[[gnu::noinline]] void copy_sums(const WeightGradient<typename O::Stored>& gradient, int first_row,
                                 int rows, int first_vector, int vectors, typename O::Stored* to) {
  constexpr int W = O::V::kLanes, group = O::kGroup;
  for_each_row_group<group>(gradient.rows, first_row, rows, [&](int time, int row) {
    const auto* from = gradient.d_sums + time * gradient.d_sums_time_stride +
                       row * gradient.d_sums_row_stride * group;
    for (int n = 0; n < vectors; ++n, to += W * group) {
      __builtin_memcpy(to, from + gradient.vector[first_vector + n].d_sums, W * group * sizeof *to);
    }
  });
}

// The biases' part of a chunk: d: [row][vectors][W].
template <class O>
void bias_gradient(const GradientVector* vector, int vectors, const typename O::Stored* d, int rows,
                   bool first_chunk) {
  using V = typename O::V;
  constexpr int W = V::kLanes, group = O::kGroup;
  for (int n = 0; n < vectors; ++n) {
    V sum = first_chunk ? V(0.0f) : V::load(vector[n].biases);
    for (int row = 0; row < rows; row += group) {
      V values[group];
      O::load_group(d + (row * vectors + n * group) * W, values);
      for (int j = 0; j < group; ++j) sum = sum + values[j];
    }
    sum.store(vector[n].biases);
  }
}

}  // namespace charrnn::cpu
