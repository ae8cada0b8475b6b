// The gradient of a weight matrix: one product over all times and rows. Both factors are copied
// chunk by chunk into blocks that are read from end to end: a few vectors of d_sum (in the nearest
// cache) while the inputs (in the next one) stream past them. In the records times lie a power of
// two apart: read from there, the product would wait for memory half of its time. The order of
// summation is times, then rows, whoever computes it.
#pragma once

#include "engine/cpu/operand_types.h"
#include "engine/cpu/tile.h"
#include "engine/cpu/tile_gradient.h"

namespace charrnn::cpu {

// Rows of all times, counted through, in a chunk: three vectors of d_sum are then 9 or 18 KiB.
constexpr int kChunkRows = 96;
// Inputs (values of k) copied at once: 192 KiB with the rows of a chunk. Each of their chunks
// copies the sums' gradients anew.
constexpr int kChunkInputs = 512;

// Values of k in a tile beside 3 vectors. Never more than W, so that no tile straddles two blocks.
template <class O, int registers>
constexpr int kTileInputs = registers >= 32 && O::V::kLanes >= 8 ? 8 : 4;

// To [tile][row][M], with the rows of a group interleaved: whole blocks of W inputs. The rows of
// the next block are on their way meanwhile: each block's are a page apart from the last one's, or
// more, which processors don't foresee.
template <class O, int M>
[[gnu::noinline]] void copy_inputs(const WeightGradient<typename O::Stored>& gradient,
                                   int first_row, int rows, int first_k, int count,
                                   typename O::Stored* to) {
  constexpr int W = O::V::kLanes, group = O::kGroup, tiles = W / M;
  for (int k = first_k; k < first_k + count; k += W, to += (tiles - 1) * M * rows) {
    const auto* block = gradient.input + k / W * gradient.input_block_stride;
    for_each_time(gradient.rows, first_row, rows, [&](int time, int first, int rows_of_time) {
      const auto* from = block + time * gradient.input_time_stride + first * W;
      for (int row = 0; row < rows_of_time; row += group, from += W * group, to += M * group) {
        __builtin_prefetch(from + gradient.input_block_stride);
#pragma GCC unroll 4
        for (int tile = 0; tile < tiles; ++tile) {
          __builtin_memcpy(to + tile * M * rows, from + tile * M * group, M * group * sizeof *to);
        }
      }
    });
  }
}

// M values of k × N vectors, over a chunk.
template <class O, int M, int N>
[[gnu::noinline]] void weight_gradient_tile(const typename O::Stored* a,
                                            const typename O::Stored* d, int rows, bool first_chunk,
                                            const GradientVector* vector, int k) {
  using V = typename O::V;
  constexpr int W = V::kLanes, group = O::kGroup;
  V sum[M][N];
#pragma GCC unroll 4
  for (int n = 0; n < N; ++n) {
    const float* out = vector[n].weights + k * vector[n].stride;
#pragma GCC unroll 16
    for (int m = 0; m < M; ++m) {
      sum[m][n] = first_chunk ? V(0.0f) : V::load(out + m * vector[n].stride);
    }
  }
#pragma GCC unroll 2
  for (int row = 0; row < rows; row += group, a += M * group, d += N * W * group) {
    typename O::Factor factor[N];
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) factor[n] = O::weights(d + n * W * group);
#pragma GCC unroll 16
    for (int m = 0; m < M; ++m) {
      const typename O::Factor x = O::broadcast(a + m * group);
#pragma GCC unroll 4
      for (int n = 0; n < N; ++n) sum[m][n] = O::multiply_add(sum[m][n], x, factor[n]);
    }
  }
#pragma GCC unroll 4
  for (int n = 0; n < N; ++n) {
    float* out = vector[n].weights + k * vector[n].stride;
#pragma GCC unroll 16
    for (int m = 0; m < M; ++m) sum[m][n].store(out + m * vector[n].stride);
  }
}

template <class O, int registers>
void weight_gradient(const WeightGradient<typename O::Stored>& gradient) {
  if constexpr (HasTiles<O>) return weight_gradient_by_tiles<O>(gradient);
  constexpr int M = kTileInputs<O, registers>, W = O::V::kLanes;
  alignas(64) typename O::Stored inputs[kChunkRows * kChunkInputs];
  alignas(64) typename O::Stored sums[kChunkRows * 3 * W];
  const int all_rows = gradient.times * gradient.rows;
  for (int first_k = 0; first_k < gradient.inputs; first_k += kChunkInputs) {
    const int left_k = gradient.inputs - first_k;
    const int count = left_k < kChunkInputs ? left_k : kChunkInputs;
    for (int first_row = 0; first_row < all_rows; first_row += kChunkRows) {
      const int left_rows = all_rows - first_row;
      const int rows = left_rows < kChunkRows ? left_rows : kChunkRows;
      copy_inputs<O, M>(gradient, first_row, rows, first_k, count, inputs);
      for (int first = 0, width; first < gradient.vectors; first += width) {
        const int left = gradient.vectors - first;
        width = left == 4 ? 2 : left >= 3 ? 3 : left;
        const GradientVector* vector = gradient.vector + first;
        copy_sums<O>(gradient, first_row, rows, first, width, sums);
        if (first_k == 0 && vector->biases != nullptr) {
          bias_gradient<O>(vector, width, sums, rows, first_row == 0);
        }
        NextSums<O> next(gradient, first_row, rows, first + width, 3);
        const int rows_a_tile = (rows * M / O::kGroup + count - 1) / count * O::kGroup;
        const auto run = [&]<int N>() {
          const auto* a = inputs;
          for (int k = first_k; k < first_k + count; k += M, a += M * rows) {
            next.go_on(rows_a_tile);
            weight_gradient_tile<O, M, N>(a, sums, rows, first_row == 0, vector, k);
          }
        };
        if (width == 3) {
          run.template operator()<3>();
        } else if (width == 2) {
          run.template operator()<2>();
        } else {
          run.template operator()<1>();
        }
      }
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
