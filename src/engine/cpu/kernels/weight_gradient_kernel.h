// The gradient of a weight matrix: one product over all times and rows. A few vectors of d_sum are
// read in place (from L1, after the first time) while the inputs, copied to contiguous blocks,
// stream past them. The order of summation is times, then
// rows, whoever computes it.
#pragma once

#include "engine/cpu/kernels/gradient_rows.h"
#include "engine/cpu/kernels/tile.h"
#include "engine/cpu/kernels/tile_gradient.h"

namespace charrnn::cpu {

// Inputs (values of k) copied at once: 192 KiB with the rows of a chunk. Each of their chunks reads
// the sums' gradients anew.
constexpr int kChunkInputs = 512;
// Vectors of d_sum beside each other in a tile.
constexpr int kTileVectors = 3;

// Values of k in a tile beside 3 vectors. Never more than W, so that no tile straddles two blocks.
template <class O, int registers>
constexpr int kTileInputs = registers >= 32 && O::V::kLanes >= 8 ? 8 : 4;

// To [tile][row][M], with the rows of a group interleaved: whole blocks of W inputs.
template <class O, int M>
[[gnu::noinline]] void copy_inputs(const WeightGradient<typename O::Stored>& gradient,
                                   const GradientChunk<O>& chunk, int first_k, int count,
                                   typename O::Stored* to) {
  constexpr int W = O::V::kLanes, group = O::kGroup, tiles = W / M;
  const int rows = chunk.rows();
  for (int k = first_k; k < first_k + count; k += W, to += (tiles - 1) * M * rows) {
    const auto* block = gradient.input + k / W * gradient.input_block_stride;
    for (int i = 0; i < chunk.times(); ++i) {
      const auto* from = block + chunk[i].inputs;
      for (int row = 0; row < chunk[i].count; row += group, from += W * group, to += M * group) {
#pragma GCC unroll 4
        for (int tile = 0; tile < tiles; ++tile) {
          __builtin_memcpy(to + tile * M * rows, from + tile * M * group, M * group * sizeof *to);
        }
      }
    }
  }
}

// Rows to prefetch while a tile multiplies: with each of its rows one from `first` on, `step`
// values apart. Last touched a whole sequence ago, they lie in a shared cache or in memory.
template <class S>
struct RowPrefetch {
  const S* first;
  Side side;
  int64_t step;
};

// Chooses the rows to prefetch: the blocks of the next chunk's inputs, spread over this chunk's
// tiles, and, with the last tiles of a group of vectors, the next group's vectors, so that they are
// still in L1 when they are read.
template <class O, int M>
class GradientPrefetcher {
 public:
  using S = typename O::Stored;

  GradientPrefetcher(const WeightGradient<S>& gradient, const GradientChunk<O>& chunk, int first_k,
                     int count)
      : gradient_(gradient),
        chunk_(chunk),
        block_(first_k / O::V::kLanes),
        end_k_(first_k + count) {
    end_block_ = chunk.last() ? block_ : (end_k_ + O::V::kLanes - 1) / O::V::kLanes;
    const int groups = (gradient.vectors + kTileVectors - 1) / kTileVectors;
    const int tiles = groups * ((count + M - 1) / M - kTileVectors);
    const int blocks = end_block_ - block_;
    if (blocks > 0 && tiles > blocks) pause_ = tiles / blocks - 1;
  }

  // Before the tiles of the vectors that end before `end`.
  void begin_vectors(int end) {
    const bool wraps = end == gradient_.vectors;
    next_ = wraps ? 0 : end;
    further_ = wraps && !chunk_.last() ? chunk_.to_next(Side::kSums) : 0;
    const int left = wraps && chunk_.last() ? 0 : gradient_.vectors - next_;
    next_width_ = left < kTileVectors ? left : kTileVectors;
  }

  RowPrefetch<S> of_tile(int k) {
    const int left = (end_k_ - k + M - 1) / M;  // tiles
    if (left <= next_width_) {
      const GradientVector& vector = gradient_.vector[next_ + next_width_ - left];
      return {gradient_.d_sums + vector.d_sums + further_, Side::kSums,
              gradient_.d_sums_row_stride};
    }
    if (waited_++ >= pause_ && block_ < end_block_) {
      waited_ = 0;
      return {
          gradient_.input + block_++ * gradient_.input_block_stride + chunk_.to_next(Side::kInputs),
          Side::kInputs, O::V::kLanes};
    }
    return {gradient_.d_sums, Side::kSums, 0};
  }

 private:
  const WeightGradient<S>& gradient_;
  const GradientChunk<O>& chunk_;
  int block_, end_block_, end_k_;
  int pause_ = 0, waited_ = 0;  // tiles between two of the inputs' blocks
  int next_ = 0, next_width_ = 0;
  int64_t further_ = 0;
};

// M values of k × N vectors, over a chunk; a: [row][M].
template <class O, int M, int N>
[[gnu::noinline]] void weight_gradient_tile(const WeightGradient<typename O::Stored>& gradient,
                                            const GradientChunk<O>& chunk,
                                            const typename O::Stored* a,
                                            const GradientVector* vector, int k,
                                            RowPrefetch<typename O::Stored> prefetch) {
  using V = typename O::V;
  constexpr int group = O::kGroup;
  V sum[M][N];
#pragma GCC unroll 4
  for (int n = 0; n < N; ++n) {
    const float* out = vector[n].weights + k * vector[n].stride;
#pragma GCC unroll 16
    for (int m = 0; m < M; ++m) {
      sum[m][n] = chunk.first() ? V(0.0f) : V::load(out + m * vector[n].stride);
    }
  }
  const int64_t d_step = int64_t{gradient.d_sums_row_stride} * group;
  for (int i = 0; i < chunk.times(); ++i) {
    const RowsOfTime rows = chunk[i];
    const typename O::Stored* d[N];
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) d[n] = gradient.d_sums + vector[n].d_sums + rows.sums;
    const auto* next = prefetch.first + (prefetch.side == Side::kSums ? rows.sums : rows.inputs);
    int64_t at = 0;
#pragma GCC unroll 2
    for (int row = 0; row < rows.count;
         row += group, a += M * group, at += d_step, next += prefetch.step * group) {
      __builtin_prefetch(next);
      typename O::Factor factor[N];
#pragma GCC unroll 4
      for (int n = 0; n < N; ++n) factor[n] = O::weights(d[n] + at);
#pragma GCC unroll 16
      for (int m = 0; m < M; ++m) {
        const typename O::Factor x = O::broadcast(a + m * group);
#pragma GCC unroll 4
        for (int n = 0; n < N; ++n) sum[m][n] = O::multiply_add(sum[m][n], x, factor[n]);
      }
    }
  }
#pragma GCC unroll 4
  for (int n = 0; n < N; ++n) {
    float* out = vector[n].weights + k * vector[n].stride;
#pragma GCC unroll 16
    for (int m = 0; m < M; ++m) sum[m][n].store(out + m * vector[n].stride);
  }
}

// All values of k in [first_k, first_k + count), beside N vectors.
template <class O, int M, int N>
void weight_gradient_tiles(const WeightGradient<typename O::Stored>& gradient,
                           const GradientChunk<O>& chunk, const typename O::Stored* inputs,
                           int first_k, int count, const GradientVector* vector,
                           GradientPrefetcher<O, M>& prefetch) {
  for (int k = first_k; k < first_k + count; k += M, inputs += M * chunk.rows()) {
    weight_gradient_tile<O, M, N>(gradient, chunk, inputs, vector, k, prefetch.of_tile(k));
  }
}

template <class O, int registers>
void weight_gradient(const WeightGradient<typename O::Stored>& gradient) {
  if constexpr (HasTiles<O>) return weight_gradient_by_tiles<O>(gradient);
  constexpr int M = kTileInputs<O, registers>;
  alignas(64) typename O::Stored inputs[kChunkRows * kChunkInputs];
  int first_k = 0;
  do {
    const int left_k = gradient.inputs - first_k;
    const int count = left_k < kChunkInputs ? left_k : kChunkInputs;
    GradientChunk<O> chunk(gradient);
    do {
      copy_inputs<O, M>(gradient, chunk, first_k, count, inputs);
      GradientPrefetcher<O, M> prefetch(gradient, chunk, first_k, count);
      for (int first = 0, width; first < gradient.vectors; first += width) {
        const int left = gradient.vectors - first;
        width = left == kTileVectors + 1 ? 2 : left < kTileVectors ? left : kTileVectors;
        const GradientVector* vector = gradient.vector + first;
        prefetch.begin_vectors(first + width);
        call_with_width<kTileVectors>(width, [&]<int N>() {
          weight_gradient_tiles<O, M, N>(gradient, chunk, inputs, first_k, count, vector, prefetch);
          // The vectors of d_sum are in L1 now.
          if (first_k == 0) add_to_biases_and_table<O, N>(gradient, chunk, vector);
        });
      }
    } while (chunk.next());
    first_k += kChunkInputs;
  } while (first_k < gradient.inputs);
}

}  // namespace charrnn::cpu
