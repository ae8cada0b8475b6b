// The product that a layer does at every time: rows of its recurrent matrix, which stay in the
// registers (and the shared memory) of a block of threads for the whole text, times the columns
// that all blocks wrote at the time before.
//
// A block has kWarps warps; each owns a slice of the depth (the columns of the matrix) for all the
// block's rows, so no value of the streams is read twice, and the warps' sums are added through
// shared memory. Streams are taken kStreams at a time, what the matrix unit multiplies at once.
//
// Lane l of a warp reads 16 bytes (four words) of stream l / 4 at a time: words 4 (l % 4) … of a
// stretch of 16 words, enough for two products. The order of the depth within such a stretch is
// free as long as rows and columns agree, so the row's words are those at the same places.
#pragma once

#include "engine/cuda/resident_sizes.h"
#include "engine/cuda/words.cuh"

namespace charrnn::cuda {

// Rows of a matrix: `tiles` tiles of 16 rows, `stretches` stretches of the depth. The first
// stretches are in registers, the others in shared memory: each thread's own.
template <class Operand, int tiles, int stretches>
class ResidentRows {
 public:
  static constexpr int floats = shared_rows(tiles, stretches);

  // shared: room for `floats`, at a multiple of 16 bytes.
  __device__ explicit ResidentRows(float* shared)
      : shared_(reinterpret_cast<Fragment*>(shared) + threadIdx.x) {}

  // matrix: [rows][depth]; first_row(tile): of the tile's 16 rows. depth: a multiple of a stretch.
  template <class FirstRow>
  __device__ void read(const typename Operand::Stored* matrix, int depth, FirstRow first_row) {
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    const int row_words = depth / Operand::word_values;
#pragma unroll
    for (int tile = 0; tile < tiles; ++tile) {
      const auto* words = reinterpret_cast<const uint32_t*>(matrix) +
                          int64_t{first_row(tile) + lane / 4} * row_words;
#pragma unroll
      for (int i = 0; i < stretches; ++i) {
        const int begin = (warp * stretches + i) * kStretchWords;
#pragma unroll
        for (int half = 0; half < 2; ++half) {
          const int place = begin + 4 * (lane % 4) + 2 * half;
          uint2 upper = {0, 0}, lower = {0, 0};
          if (begin < row_words) {
            upper = *reinterpret_cast<const uint2*>(words + place);
            lower = *reinterpret_cast<const uint2*>(words + int64_t{8} * row_words + place);
          }
          const Fragment fragment = {{upper.x, lower.x, upper.y, lower.y}};
          if (i < in_registers) {
            fragments_[tile][i][half] = fragment;
          } else {
            *in_shared(tile, i, half) = fragment;
          }
        }
      }
    }
  }
  __device__ Fragment fragment(int tile, int stretch, int half) const {
    return stretch < in_registers ? fragments_[tile][stretch][half]
                                  : *in_shared(tile, stretch, half);
  }

 private:
  static constexpr int in_registers = stretches_in_registers(tiles, stretches);

  __device__ Fragment* in_shared(int tile, int stretch, int half) const {
    return shared_ + (((stretch - in_registers) * 2 + half) * tiles + tile) * kThreads;
  }

  Fragment fragments_[tiles][in_registers][2];
  Fragment* shared_;
};

// What a lane wants to read: of the stretches whose bits are set, its words.
struct WantedWords {
  const uint32_t* words = nullptr;  // of the first stretch
  unsigned stretches = 0;

  __device__ bool wants(int stretch) const { return stretches >> stretch & 1; }
  __device__ Words read(int stretch) const {
    return read_memory_words(words + stretch * kStretchWords);
  }
  // What was not asked for is not there.
  __device__ Words ask(int stretch) const {
    if (wants(stretch)) return read(stretch);
    return {{kNothing, kNothing, kNothing, kNothing}};
  }
};

// What the lane's stream holds along the warp's slice of the depth.
template <class Operand, int stretches>
struct StreamWords {
  Words words[stretches];

  __device__ void clear() {
    for (Words& of_stretch : words) of_stretch = {{0, 0, 0, 0}};
  }
  __device__ void expect_nothing() {
    for (Words& of_stretch : words) of_stretch = {{kNothing, kNothing, kNothing, kNothing}};
  }
  __device__ void ask(const WantedWords& wanted) {
#pragma unroll
    for (int i = 0; i < stretches; ++i) words[i] = wanted.ask(i);
  }
  // Zeros where nothing was wanted.
  __device__ void clear_but(unsigned wanted) {
#pragma unroll
    for (int i = 0; i < stretches; ++i) {
      if (!(wanted >> i & 1)) words[i] = {{0, 0, 0, 0}};
    }
  }
  // Of the row: where this lane's words of the first stretch begin.
  __device__ static int first_word() {
    return threadIdx.x / 32 * stretches * kStretchWords + 4 * (threadIdx.x % 4);
  }
  // A bit for each of the warp's stretches that a row of this depth reaches.
  __device__ static unsigned stretches_in(int depth) {
    const int first = threadIdx.x / 32 * stretches;
    const int count = depth / Operand::word_values / kStretchWords - first;
    return count >= stretches ? (1u << stretches) - 1 : count > 0 ? (1u << count) - 1 : 0;
  }
};

// The sums of all warps for kStreams streams, in shared memory; two of them take turns, so that one
// barrier a turn is enough. Strides are such that neither writing nor reading has bank conflicts.
template <int tiles, int tiles_a_unit_tile>
struct PartialSums {
  static constexpr int stream_stride = kSumsStride;
  static constexpr int tile_stride = kStreams * stream_stride;
  // The second tile of units begins half the banks on: it is read by the other half of a warp.
  static constexpr int warp_stride = warp_sums(tiles);
  static constexpr int size = kWarps * warp_stride;  // floats

  // Where this thread writes, and where it reads one row of one stream, for tile 0.
  float* mine;
  const float* wanted;

  // first_tile, stream, row: of what the thread reads.
  __device__ PartialSums(float* values, int first_tile, int stream, int row) {
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    mine = values + warp * warp_stride + 2 * (lane % 4) * stream_stride + lane / 4;
    wanted = values + place(first_tile) + stream * stream_stride + row;
  }

  __device__ static constexpr int place(int tile) {
    return tile * tile_stride + (tile >= tiles_a_unit_tile ? 16 : 0);
  }

  // which: of the two.
  __device__ void write(int which, int tile, const float (&sums)[4]) const {
    float* to = mine + which * size + place(tile);
    to[0] = sums[0];
    to[stream_stride] = sums[1];
    to[8] = sums[2];
    to[stream_stride + 8] = sums[3];
  }

  // Of the tile `tile` on from the first.
  __device__ float total(int which, int tile) const {
    const float* from = wanted + which * size + tile * tile_stride;
    float sums[kWarps];
#pragma unroll
    for (int warp = 0; warp < kWarps; ++warp) sums[warp] = from[warp * warp_stride];
      // By pairs: few of the additions wait for another.
#pragma unroll
    for (int distance = 1; distance < kWarps; distance *= 2) {
#pragma unroll
      for (int i = 0; i < kWarps; i += 2 * distance) sums[i] += sums[i + distance];
    }
    return sums[0];
  }
};

// Multiplies and leaves the warp's share of each sum in `partial`. Several chains of sums where the
// tiles are few, because a product waits for the one before it in its chain. done(i) is
// called when the columns of stretch i are not needed any more.
template <class Operand, int tiles, int stretches, class Sums, class Done>
__device__ void multiply(const ResidentRows<Operand, tiles, stretches>& rows,
                         const StreamWords<Operand, stretches>& columns, const Sums& partial,
                         int which, const Done& done) {
  constexpr int chains = tiles >= 4 || stretches == 1 ? 1 : 2;
  constexpr bool keeps_parts = 2 * tiles * stretches <= kMostFragmentsInParts;
  float sums[chains][tiles][4] = {};
#pragma unroll
  for (int i = 0; i < stretches; ++i) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
#pragma unroll
      for (int tile = 0; tile < tiles; ++tile) {
        Operand::template multiply<keeps_parts>(
            sums[i % chains][tile], rows.fragment(tile, i, half), columns.words[i].word[2 * half],
            columns.words[i].word[2 * half + 1]);
      }
    }
    done(i);
  }
#pragma unroll
  for (int tile = 0; tile < tiles; ++tile) {
    if constexpr (chains == 2) {
      for (int i = 0; i < 4; ++i) sums[0][tile][i] += sums[1][tile][i];
    }
    partial.write(which, tile, sums[0][tile]);
  }
}

}  // namespace charrnn::cuda
