// Weight gradients: products over all rows and times of a layer, on register tiles of the gradient.
#pragma once

#include "engine/vector/cell_kernels.h"

namespace charrnn::kernels {

// gradient[k][n] += sum over times and rows of left[k] right[n], for M columns k of one plane and N
// vectors n. The sums start from what is in the gradient, so that work may be cut anywhere without
// changing a bit.
template <class V, int M, int N>
inline void gradient_tile(const WeightGradient& work, int first_time, int last_time,
                          const float* left, const float* const (&right)[N], float* gradient,
                          int stride, bool add) {
  V sums[M][N];
#pragma GCC unroll 8
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) {
      sums[m][n] = add ? V::load(gradient + m * stride + n * V::width) : V(0.0f);
    }
  }
  for (int time = first_time; time < last_time; ++time) {
    const float* a = left + time * work.left_stride + int64_t{work.rows.begin} * V::width;
    const int64_t shift = time * work.right_stride + int64_t{work.rows.begin} * V::width;
    for (int64_t at = 0; at < int64_t{work.rows.end - work.rows.begin} * V::width; at += V::width) {
      V b[N];
#pragma GCC unroll 4
      for (int n = 0; n < N; ++n) b[n] = V::load(right[n] + shift + at);
#pragma GCC unroll 8
      for (int m = 0; m < M; ++m) {
        const V x(a[at + m]);
#pragma GCC unroll 4
        for (int n = 0; n < N; ++n) sums[m][n] = fma(x, b[n], sums[m][n]);
      }
    }
  }
#pragma GCC unroll 8
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) sums[m][n].store(gradient + m * stride + n * V::width);
  }
}

// Steps at a time: the planes of one tile's right side stay in the second cache while all left
// planes pass by.
constexpr int64_t kGradientBytes = 256 * 1024;

template <class V, class From, int Blocks>
inline void gradient_panel(const WeightGradient& work) {
  constexpr int kVectors = Blocks * From::count;
  constexpr int N = kVectors % 3 == 0 ? 3 : kVectors % 2 == 0 ? 2 : 1;
  constexpr int M = V::registers == 32 || N == 1 ? (V::width < 8 ? V::width : 8) : 4;
  const int64_t plane = int64_t{work.rows.total} * V::width;
  const int64_t bytes = int64_t{work.rows.end - work.rows.begin} * V::width * kVectors * 4;
  const int chunk = bytes == 0 ? work.times : static_cast<int>(kGradientBytes / bytes) + 1;
  for (int time = 0; time < work.times; time += chunk) {
    const int last = time + chunk < work.times ? time + chunk : work.times;
    for (int n = 0; n < kVectors; n += N) {
      const float* right[N];
      for (int i = 0; i < N; ++i) {
        const int block = (n + i) / From::count, gate = (n + i) % From::count;
        right[i] = work.right + (int64_t{block} * From::planes + From::at(gate)) * plane;
      }
      for (int k = 0; k < work.left_blocks * V::width; k += M) {
        const float* left = work.left + k / V::width * plane + k % V::width;
        float* gradient = work.gradient + (int64_t{k} * kVectors + n) * V::width;
        gradient_tile<V, M, N>(work, time, last, left, right, gradient, kVectors * V::width,
                               time > 0);
      }
    }
  }
}

template <class V, class From, int Most>
void weight_gradient(const WeightGradient& work) {
  if (work.panel_blocks == Most) return gradient_panel<V, From, Most>(work);
  gradient_panel<V, From, 1>(work);
}

template <class V>
void column_sums(const ColumnSums& work) {
  const int64_t plane = int64_t{work.rows.total} * V::width;
  for (int i = 0; i < work.count; ++i) {
    V sum(0.0f);
    for (int time = 0; time < work.times; ++time) {
      const float* at = work.planes + time * work.stride + i * plane;
      for (int row = work.rows.begin; row < work.rows.end; ++row) {
        sum = sum + V::load(at + int64_t{row} * V::width);
      }
    }
    sum.store(work.sums + i * V::width);
  }
}

template <class V>
void scatter_rows(const ScatterRows& work) {
  for (int time = 0; time < work.times; ++time) {
    const int32_t* symbols = work.symbols + int64_t{time} * work.rows.total;
    const float* plane = work.plane + time * work.stride;
    for (int row = work.rows.begin; row < work.rows.end; ++row) {
      float* to = work.table + int64_t{symbols[row]} * V::width;
      (V::load(to) + V::load(plane + int64_t{row} * V::width)).store(to);
    }
  }
}

}  // namespace charrnn::kernels
