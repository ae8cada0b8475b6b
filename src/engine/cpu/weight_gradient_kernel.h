// The gradient of a weight matrix: one product over all times and rows, panel by panel, k outermost
// in chunks: the chunk's part of d_sum (vectors × rows) stays in the nearest cache while the inputs
// stream past it. The order of summation is times, then rows, whoever computes it.
#pragma once

#include "engine/cpu/operand_types.h"
#include "engine/cpu/tile.h"

namespace charrnn::cpu {

// About this many rows of d_sum (64 to 256 bytes each) fit a 32 KiB first-level cache with room to
// spare.
constexpr int kChunkRows = 96;

// M values of k × N vectors, over the times [first, last).
template <class O, int M, int N>
[[gnu::noinline]] void weight_gradient_tile(const WeightGradient<typename O::Stored>& gradient,
                                            int k, int vector, int first, int last) {
  using V = typename O::V;
  using S = typename O::Stored;
  constexpr int W = V::kLanes, group = O::kGroup;
  V sum[M][N];
  float* out = gradient.weights + (k * gradient.vectors + vector) * W;
#pragma GCC unroll 16
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) {
      sum[m][n] = first == 0 ? V(0.0f) : V::load(out + (m * gradient.vectors + n) * W);
    }
  }
  const S* base = gradient.input + k / W * gradient.input_block_stride + k % W * group;
  for (int time = first; time < last; ++time) {
    const S* a = base + time * gradient.input_time_stride;
    const S* d[N];
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) {
      d[n] =
          gradient.d_sums + time * gradient.d_sums_time_stride + gradient.vector_offset[vector + n];
    }
    const int step = gradient.d_sums_row_stride * group;
    for (int row = 0; row < gradient.rows; row += group, a += W * group) {
      typename O::Factor factor[N];
#pragma GCC unroll 4
      for (int n = 0; n < N; ++n) {
        factor[n] = O::weights(d[n]);
        d[n] += step;
      }
#pragma GCC unroll 16
      for (int m = 0; m < M; ++m) {
        const typename O::Factor x = O::broadcast(a + m * group);
#pragma GCC unroll 4
        for (int n = 0; n < N; ++n) sum[m][n] = O::multiply_add(sum[m][n], x, factor[n]);
      }
    }
  }
#pragma GCC unroll 16
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) sum[m][n].store(out + (m * gradient.vectors + n) * W);
  }
}

template <class O>
void bias_gradient(const WeightGradient<typename O::Stored>& gradient, int first, int last) {
  using V = typename O::V;
  constexpr int W = V::kLanes, group = O::kGroup;
  for (int vector = 0; vector < gradient.vectors; ++vector) {
    float* out = gradient.biases + vector * W;
    V sum = first == 0 ? V(0.0f) : V::load(out);
    for (int time = first; time < last; ++time) {
      const auto* d =
          gradient.d_sums + time * gradient.d_sums_time_stride + gradient.vector_offset[vector];
      for (int row = 0; row < gradient.rows;
           row += group, d += gradient.d_sums_row_stride * group) {
        V rows[group];
        O::load_group(d, rows);
        for (int j = 0; j < group; ++j) sum = sum + rows[j];
      }
    }
    sum.store(out);
  }
}

template <class O, int registers>
void weight_gradient(const WeightGradient<typename O::Stored>& gradient) {
  // Tiles of 8 k × 2 or 3 vectors where 32 registers allow it, else 4 × 2 or 3; a vector has as
  // many lanes as a tile has k, or more, so no tile straddles two blocks.
  constexpr int M = registers >= 32 && O::V::kLanes >= 8 ? 8 : 4;
  int times = kChunkRows / (gradient.rows > 0 ? gradient.rows : 1);
  if (times < 1) times = 1;
  for (int first = 0; first < gradient.times; first += times) {
    const int last = first + times < gradient.times ? first + times : gradient.times;
    if (gradient.biases != nullptr) bias_gradient<O>(gradient, first, last);
    for (int vector = 0; vector < gradient.vectors;) {
      const int left = gradient.vectors - vector;
      const int width = left == 3 ? 3 : left >= 2 ? 2 : 1;
      for (int k = 0; k < gradient.inputs; k += M) {
        if (width == 3) {
          weight_gradient_tile<O, M, 3>(gradient, k, vector, first, last);
        } else if (width == 2) {
          weight_gradient_tile<O, M, 2>(gradient, k, vector, first, last);
        } else {
          weight_gradient_tile<O, M, 1>(gradient, k, vector, first, last);
        }
      }
      vector += width;
    }
  }
}

// Layer 0 reads rows of a table: their gradients add up by symbol.
template <class O>
void table_gradient(const TableGradient<typename O::Stored>& gradient) {
  using V = typename O::V;
  constexpr int W = V::kLanes, group = O::kGroup;
  for (int time = 0; time < gradient.times; ++time) {
    const auto* d = gradient.d_sums + time * gradient.d_sums_time_stride;
    const int32_t* symbols = gradient.symbols + time * gradient.symbol_time_stride;
    for (int row = 0; row < gradient.rows; row += group, d += gradient.slots * W * group) {
      for (int s = 0; s < gradient.sums; ++s) {
        V rows[group];
        O::load_group(d + s * W * group, rows);
        for (int j = 0; j < group; ++j) {
          float* out = gradient.out + (symbols[row + j] * gradient.sums + s) * W;
          (V::load(out) + rows[j]).store(out);
        }
      }
    }
  }
}

}  // namespace charrnn::cpu
