// What weight gradients do with a chunk of rows before they multiply.
#pragma once

#include "engine/cpu/operand_types.h"

namespace charrnn::cpu {

// Rows of all times, counted through: calls action(time, first row of it, rows) for the rows that
// each time has of [first, first + count), in order.
template <class Action>
[[gnu::always_inline]] inline void for_each_time(int rows_of_time, int first, int count,
                                                 const Action& action) {
  int time = first / rows_of_time, row = first % rows_of_time;
  while (count > 0) {
    const int rows = count < rows_of_time - row ? count : rows_of_time - row;
    action(time, row, rows);
    count -= rows, row = 0, ++time;
  }
}

// To [row][vectors][W], with the rows of a group interleaved.
template <class O>
[[gnu::noinline]] void copy_sums(const WeightGradient<typename O::Stored>& gradient, int first_row,
                                 int rows, int first_vector, int vectors, typename O::Stored* to) {
  constexpr int W = O::V::kLanes, group = O::kGroup;
  for_each_time(gradient.rows, first_row, rows, [&](int time, int first, int count) {
    const auto* from =
        gradient.d_sums + time * gradient.d_sums_time_stride + first * gradient.d_sums_row_stride;
    for (int row = 0; row < count; row += group, from += gradient.d_sums_row_stride * group) {
      for (int n = 0; n < vectors; ++n, to += W * group) {
        __builtin_memcpy(to, from + gradient.vector[first_vector + n].d_sums,
                         W * group * sizeof *to);
      }
    }
  });
}

// Brings what copy_sums reads next into the second cache, a few rows at a time between tiles of
// products: from the memory that holds a whole batch's records, copying alone would wait.
template <class O>
class NextSums {
 public:
  // Nothing where there are no vectors from first_vector on.
  NextSums(const WeightGradient<typename O::Stored>& gradient, int first_row, int rows,
           int first_vector, int most_vectors)
      : gradient_(gradient),
        time_(first_row / gradient.rows),
        row_(first_row % gradient.rows),
        first_vector_(first_vector) {
    const int vectors = gradient.vectors - first_vector;
    vectors_ = vectors < most_vectors ? vectors : most_vectors;
    left_ = vectors_ > 0 ? rows : 0;
  }
  void go_on(int rows) {
    for (; rows > 0 && left_ > 0; rows -= O::kGroup, left_ -= O::kGroup, row_ += O::kGroup) {
      if (row_ == gradient_.rows) row_ = 0, ++time_;
      const auto* from = gradient_.d_sums + time_ * gradient_.d_sums_time_stride +
                         row_ * gradient_.d_sums_row_stride;
      for (int n = 0; n < vectors_; ++n) {
        __builtin_prefetch(from + gradient_.vector[first_vector_ + n].d_sums, 0, 2);
      }
    }
  }

 private:
  const WeightGradient<typename O::Stored>& gradient_;
  int time_, row_, first_vector_, vectors_, left_;
};

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
