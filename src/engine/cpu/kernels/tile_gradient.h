// What weight_gradient does (weight_gradient_kernel.h), on tile registers: k values of the inputs
// are a tile's rows, pairs of rows of all times its depth. The gradients of the sums are saved in
// the layout of columns; inputs are transposed while they are copied.
#pragma once

#include <cstring>

#include "engine/cpu/kernels/gradient_rows.h"
#include "engine/cpu/kernels/tile_products.h"

namespace charrnn::cpu {

// Rows of all times in a chunk, and inputs copied at once: 32 KiB of two vectors' gradients in the
// nearest cache, 256 KiB of inputs in the next.
constexpr int kTileChunkRows = 512, kTileChunkInputs = 256;
// bf16 values of a tile.
constexpr int kTileValues = kTileSide * kTileSide * 2;

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

// To [block of k][16 pairs of rows][16 k][16 pairs][2]; what is missing of the last pairs is zero.
template <class O>
[[gnu::noinline]] void copy_inputs_transposed(const WeightGradient<Bf16>& gradient, int first_row,
                                              int rows, int first_k, int count, Bf16* to) {
  using V = typename O::V;
  constexpr int W = V::kLanes;
  for (int k = first_k; k < first_k + count; k += W) {
    const Bf16* from = gradient.input + k / W * gradient.input_block_stride;
    V pairs[W];
    int held = 0;
    const auto put = [&] {
      for (; held < W; ++held) pairs[held] = V(0.0f);
      transpose(pairs);
      for (int i = 0; i < W; ++i, to += 2 * W) pairs[i].store(reinterpret_cast<float*>(to));
      held = 0;
    };
    for_each_time(gradient.rows, first_row, rows, [&](int time, int first, int times_rows) {
      const Bf16* pair = from + time * gradient.input_time_stride + first * W;
      for (int row = 0; row < times_rows; row += 2, pair += 2 * W) {
        pairs[held++] = V::load(reinterpret_cast<const float*>(pair));
        if (held == W) put();
      }
    });
    if (held > 0) put();
  }
}

// k_tiles × 16 values of k, vector_tiles vectors of `width` that lie side by side in d; `depth`
// tiles of pairs. a_stride: from one block of k to the next.
template <class O, int k_tiles, int vector_tiles>
[[gnu::noinline]] void gradient_tiles(const Bf16* a, int64_t a_stride, const Bf16* d, int width,
                                      int depth, bool first_chunk, const GradientVector* vector,
                                      int k) {
  using Tiles = typename O::Tiles;
  constexpr int row_bytes = kTileSide * 2 * sizeof(Bf16);
  const auto out = [&](int m, int i) {
    return vector[i].weights + (k + m * kTileSide) * vector[i].stride;
  };
  const auto stride = [&](int i) { return vector[i].stride * static_cast<int64_t>(sizeof(float)); };
  for_each_sum_tile<k_tiles, vector_tiles>([&]<int tile, int m, int i>() {
    if (first_chunk) {
      Tiles::template zero<tile>();
    } else {
      Tiles::template load<tile>(out(m, i), stride(i));
    }
  });
  for (int step = 0; step < depth; ++step, a += kTileValues, d += width * kTileValues) {
    Tiles::template load<4>(a, row_bytes);
    if constexpr (k_tiles == 2) Tiles::template load<5>(a + a_stride, row_bytes);
    Tiles::template load<6>(d, width * row_bytes);
    if constexpr (vector_tiles == 2) {
      Tiles::template load<7>(d + 2 * kTileSide, width * row_bytes);
    }
    multiply_tiles<Tiles, k_tiles, vector_tiles>();
  }
  for_each_sum_tile<k_tiles, vector_tiles>(
      [&]<int tile, int m, int i>() { Tiles::template store<tile>(out(m, i), stride(i)); });
}

// One chunk of rows and inputs: copies the vectors' gradients, two at a time, and adds their share.
template <class O>
void add_gradient_chunk(const WeightGradient<Bf16>& gradient, const Bf16* inputs, int first_row,
                        int rows, int first_k, int count) {
  constexpr int W = O::V::kLanes;
  alignas(64) Bf16 sums[kTileChunkRows * 2 * W];
  const int depth = (rows + 2 * kTileSide - 1) / (2 * kTileSide);
  const int64_t a_stride = int64_t{depth} * kTileValues;
  for (int first = 0; first < gradient.vectors; first += 2) {
    const int width = gradient.vectors - first < 2 ? 1 : 2;
    const GradientVector* vector = gradient.vector + first;
    copy_sums<O>(gradient, first_row, rows, first, width, sums);
    std::memset(sums + rows * width * W, 0,
                (size_t{kTileValues} * depth - size_t{1} * rows * W) * width * sizeof(Bf16));
    for (int k = 0; k < count; k += 2 * kTileSide) {
      call_with_tiles(k + kTileSide < count, width == 2, [&]<int k_tiles, int vector_tiles>() {
        gradient_tiles<O, k_tiles, vector_tiles>(inputs + k / kTileSide * a_stride, a_stride, sums,
                                                 width, depth, first_row == 0, vector, first_k + k);
      });
    }
  }
}

template <class O>
void weight_gradient_by_tiles(const WeightGradient<Bf16>& gradient) {
  using Tiles = typename O::Tiles;
  alignas(64) Bf16 inputs[kTileChunkRows * kTileChunkInputs];
  const int all_rows = gradient.times * gradient.rows;
  Tiles::configure(kTileSide, kTileSide, kTileSide);
  for (int first_k = 0; first_k < gradient.inputs; first_k += kTileChunkInputs) {
    const int left_k = gradient.inputs - first_k;
    const int count = left_k < kTileChunkInputs ? left_k : kTileChunkInputs;
    for (int first_row = 0; first_row < all_rows; first_row += kTileChunkRows) {
      const int left = all_rows - first_row, rows = left < kTileChunkRows ? left : kTileChunkRows;
      copy_inputs_transposed<O>(gradient, first_row, rows, first_k, count, inputs);
      add_gradient_chunk<O>(gradient, inputs, first_row, rows, first_k, count);
    }
  }
  Tiles::release();
  GradientChunk<O> chunk(gradient);
  do {
    for (int n = 0; n < gradient.vectors; ++n) {
      add_to_biases_and_table<O, 1>(gradient, chunk, gradient.vector + n);
    }
  } while (chunk.next());
}

}  // namespace charrnn::cpu
