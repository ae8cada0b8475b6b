// The product that a layer does at every time: rows of its recurrent matrix, which stay in the
// registers of a block of threads for the whole text, times the columns that all blocks wrote at
// the time before.
//
// A block has kWarps warps; each owns a slice of the depth (the columns of the matrix) for all the
// block's rows, so no value of the streams is read twice, and the warps' sums are added through
// shared memory. Streams are taken kStreams at a time, what the matrix unit multiplies at once.
//
// Lane l of a warp reads 16 bytes (four words) of stream l / 4 at a time: words 4 (l % 4) … of a
// stretch of 16 words, enough for two products. The order of the depth within such a stretch is
// free as long as rows and columns agree, so the row's words are those at the same places.
//
// Blocks tell each other what they computed through memory and nothing else: whoever needs a word
// reads it until it is no longer kNothing. The reader asks for the data themselves, so there is no
// flag to wait for first, and no order between words to keep.
#pragma once

#include "engine/cuda/operand.cuh"

namespace charrnn::cuda {

inline constexpr int kWarps = 8;
inline constexpr int kThreads = 32 * kWarps;
inline constexpr int kStreams = 8;
inline constexpr int kTileRows = 16;      // of one product of the matrix unit
inline constexpr int kStretchWords = 16;  // four lanes of 16 bytes

// Values of a row that one stretch holds.
template <class Operand>
inline constexpr int kStretch = kStretchWords* Operand::word_values;

struct Words {
  uint32_t word[4];
};

__device__ inline Words read_shared_words(const uint32_t* address) {
  Words words;
  asm volatile("ld.relaxed.gpu.global.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(words.word[0]), "=r"(words.word[1]), "=r"(words.word[2]), "=r"(words.word[3])
               : "l"(address)
               : "memory");
  return words;
}

__device__ inline bool is_complete(const Words& words) {
  return words.word[0] != kNothing && words.word[1] != kNothing && words.word[2] != kNothing &&
         words.word[3] != kNothing;
}

// Rows of a matrix in registers: `tiles` tiles of 16 rows, `stretches` stretches of the depth.
template <class Operand, int tiles, int stretches>
struct ResidentRows {
  Fragment fragments[tiles][stretches][2];

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
          fragments[tile][i][half] = {{upper.x, lower.x, upper.y, lower.y}};
        }
      }
    }
  }
};

// What the lane's stream holds along the warp's slice of the depth.
template <class Operand, int stretches>
struct StreamWords {
  Words words[stretches];

  // Waits for the row at `row` to be written as far as this lane reads it. present: false reads
  // nothing and gives zeros.
  __device__ void await(const typename Operand::Stored* row, int depth, bool present) {
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    const int row_words = depth / Operand::word_values;
    const auto* begin =
        reinterpret_cast<const uint32_t*>(row) + warp * stretches * kStretchWords + 4 * (lane % 4);
    bool complete = false;
    while (!complete) {
      complete = true;
#pragma unroll
      for (int i = 0; i < stretches; ++i) {
        words[i] = {{0, 0, 0, 0}};
        if (present && (warp * stretches + i) * kStretchWords < row_words) {
          words[i] = read_shared_words(begin + i * kStretchWords);
        }
      }
#pragma unroll
      for (int i = 0; i < stretches; ++i) complete = complete && is_complete(words[i]);
    }
    __syncwarp();
  }
};

// The sums of all warps for kStreams streams, in shared memory; two of them take turns, so that one
// barrier a turn is enough. Strides are such that neither writing nor reading has bank conflicts.
template <int tiles>
struct PartialSums {
  static constexpr int stream_stride = 20;
  static constexpr int tile_stride = kStreams * stream_stride;
  // The second half of the tiles begins half the banks on: it is read by the other half of a warp.
  static constexpr int warp_stride = tiles * tile_stride + 16;
  static constexpr int size = kWarps * warp_stride;  // floats

  float* values;

  __device__ static int place(int tile, int stream, int row) {
    return tile * tile_stride + (2 * tile >= tiles ? 16 : 0) + stream * stream_stride + row;
  }

  __device__ void write(int tile, const float (&sums)[4]) {
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    float* to = values + warp * warp_stride;
    const int stream = 2 * (lane % 4), row = lane / 4;
    to[place(tile, stream, row)] = sums[0];
    to[place(tile, stream + 1, row)] = sums[1];
    to[place(tile, stream, row + 8)] = sums[2];
    to[place(tile, stream + 1, row + 8)] = sums[3];
  }

  __device__ float total(int tile, int stream, int row) const {
    const float* from = values + place(tile, stream, row);
    float sum = 0;
#pragma unroll
    for (int warp = 0; warp < kWarps; ++warp) sum += from[warp * warp_stride];
    return sum;
  }
};

// Multiplies and leaves the warp's share of each sum in `partial`. Several chains of sums where the
// tiles are few, because a product waits for the one before it in its chain.
template <class Operand, int tiles, int stretches>
__device__ void multiply(const ResidentRows<Operand, tiles, stretches>& rows,
                         const StreamWords<Operand, stretches>& columns,
                         PartialSums<tiles> partial) {
  constexpr int chains = tiles >= 4 || stretches == 1 ? 1 : 2;
  float sums[chains][tiles][4] = {};
#pragma unroll
  for (int i = 0; i < stretches; ++i) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
#pragma unroll
      for (int tile = 0; tile < tiles; ++tile) {
        Operand::multiply(sums[i % chains][tile], rows.fragments[tile][i][half],
                          columns.words[i].word[2 * half], columns.words[i].word[2 * half + 1]);
      }
    }
  }
#pragma unroll
  for (int tile = 0; tile < tiles; ++tile) {
    if constexpr (chains == 2) {
      for (int i = 0; i < 4; ++i) sums[0][tile][i] += sums[1][tile][i];
    }
    partial.write(tile, sums[0][tile]);
  }
}

// Writes `value` of unit `unit` into a row that others wait for. Called by all lanes of a warp,
// whose units are side by side beginning at an even one, so that bf16 are written as whole words.
template <class Operand>
__device__ void publish(typename Operand::Stored* row, int unit, float value, bool present) {
  // Any number that is none would do, but not kNothing.
  if (value != value) value = __uint_as_float(0x7fffffffu);
  if constexpr (Operand::word_values == 1) {
    if (present) {
      asm volatile("st.relaxed.gpu.global.f32 [%0], %1;" ::"l"(row + unit), "f"(value) : "memory");
    }
  } else {
    const float next = __shfl_down_sync(0xffffffffu, value, 1);
    if (present && unit % 2 == 0) {
      uint32_t word;
      asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(next), "f"(value));
      asm volatile("st.relaxed.gpu.global.u32 [%0], %1;" ::"l"(row + unit), "r"(word) : "memory");
    }
  }
}

}  // namespace charrnn::cuda
