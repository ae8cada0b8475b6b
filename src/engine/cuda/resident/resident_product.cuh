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

#include "engine/cuda/kernels/words.cuh"
#include "engine/cuda/resident/resident_sizes.h"

namespace charrnn::cuda {

// Rows of a matrix: `parts` parts of 8 rows, `stretches` stretches of the depth. Two parts are the
// upper and the lower half of a tile; of an odd number the last is alone. The first fragments are
// in registers, the others in shared memory: each thread's own.
template <class Operand, Shape shape>
class ResidentRows {
  static constexpr int parts = shape.parts(), stretches = shape.stretches;

 public:
  // shared: room for shape.shared_floats(), at a multiple of 16 bytes.
  __device__ explicit ResidentRows(float* shared)
      : shared_(reinterpret_cast<Fragment*>(shared) + threadIdx.x) {}

  // matrix: [rows][depth]; first_row(part): of the part's 8 rows. depth: a multiple of a stretch.
  template <class FirstRow>
  __device__ void read(const typename Operand::Stored* matrix, int depth, FirstRow first_row) {
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    const int row_words = depth / Operand::word_values;
    const auto read_part = [&](int part, int begin) {
      if (begin >= row_words) return uint4{0, 0, 0, 0};
      const auto* row = reinterpret_cast<const uint32_t*>(matrix) +
                        int64_t{first_row(part) + lane / 4} * row_words;
      return *reinterpret_cast<const uint4*>(row + begin + 4 * (lane % 4));
    };
#pragma unroll
    for (int i = 0; i < stretches; ++i) {
      const int begin = (warp * stretches + i) * kStretchWords;
#pragma unroll
      for (int part = 0; part + 1 < parts; part += 2) {
        const uint4 upper = read_part(part, begin), lower = read_part(part + 1, begin);
        keep(part, i, {{upper.x, lower.x, upper.y, lower.y}});
        keep(part + 1, i, {{upper.z, lower.z, upper.w, lower.w}});
      }
      if constexpr (parts % 2 == 1) {
        const uint4 lone = read_part(parts - 1, begin);
        keep(parts - 1, i, {{lone.x, lone.z, lone.y, lone.w}});
      }
    }
  }

  // Of a whole tile, one half of a stretch.
  __device__ Fragment fragment(int tile, int stretch, int half) const {
    return kept(2 * tile + half, stretch);
  }
  // Of the part that is alone, both halves of a stretch, one as the upper rows of a tile and one as
  // the lower: each product's other rows are of no use, and no register holds zeros.
  __device__ Fragment lone(int stretch) const { return kept(parts - 1, stretch); }

 private:
  static constexpr int in_registers = shape.in_registers();

  __device__ void keep(int part, int stretch, const Fragment& fragment) {
    const int place = stretch * parts + part;
    if (place < in_registers) {
      fragments_[place] = fragment;
    } else {
      shared_[(place - in_registers) * kThreads] = fragment;
    }
  }
  __device__ Fragment kept(int part, int stretch) const {
    const int place = stretch * parts + part;
    return place < in_registers ? fragments_[place] : shared_[(place - in_registers) * kThreads];
  }

  Fragment fragments_[in_registers];
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
  // The others stay.
  __device__ void ask_again(const WantedWords& wanted) {
#pragma unroll
    for (int i = 0; i < stretches; ++i) {
      if (wanted.wants(i)) words[i] = wanted.read(i);
    }
  }
  // Takes the bits of stretches below `end` that are complete out of `wanted`; whether that is all.
  template <int end>
  __device__ bool is_complete(unsigned& wanted) const {
#pragma unroll
    for (int i = 0; i < end; ++i) {
      if (cuda::is_complete(words[i])) wanted &= ~(1u << i);
    }
    return wanted == 0;
  }
  // Reads what is wanted and not complete, again and again.
  __device__ void read_until_complete(WantedWords wanted) {
    while (!is_complete<stretches>(wanted.stretches)) ask_again(wanted);
    __syncwarp();
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

// The sums of all warps for kStreams streams, in shared memory: [2][warps][streams][rows]. Two of
// them take turns, so that one barrier a turn is enough. Neither writing nor reading has bank
// conflicts where a warp reads one stream.
template <int parts>
struct PartialSums {
  static constexpr int stride = sums_stride(parts);
  static constexpr int warp_stride = kStreams * stride;
  static constexpr int size = kWarps * warp_stride;  // floats
  static_assert(2 * size == all_sums(parts));

  // Where this thread writes, and where it reads one row of one stream.
  float* mine;
  const float* wanted;

  // stream, row: of what the thread reads.
  __device__ PartialSums(float* values, int stream, int row) {
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    mine = values + warp * warp_stride + 2 * (lane % 4) * stride + lane / 4;
    wanted = values + stream * stride + row;
  }

  // which: of the two. sums: of two streams.
  __device__ void write(int which, int part, float first, float second) const {
    float* to = mine + which * size + part * kPartRows;
    to[0] = first;
    to[stride] = second;
  }

  // Of the row `distance` on.
  __device__ float total(int which, int distance) const {
    const float* from = wanted + which * size + distance;
    float sums[kWarps];
#pragma unroll
    for (int warp = 0; warp < kWarps; ++warp) sums[warp] = from[warp * warp_stride];
      // By pairs: few of the additions wait for another.
#pragma unroll
    for (int step = 1; step < kWarps; step *= 2) {
#pragma unroll
      for (int i = 0; i < kWarps; i += 2 * step) sums[i] += sums[i + step];
    }
    return sums[0];
  }
};

// A warp's share of the sums of a turn. Several chains of sums where the tiles are few, because a
// product waits for the one before it in its chain.
template <class Operand, Shape shape>
class WarpSums {
  static constexpr int parts = shape.parts(), tiles = parts / 2;
  static constexpr int chains = parts >= 8 || shape.stretches == 1 ? 1 : 2;
  static constexpr bool keeps_parts = parts * shape.stretches <= kMaxFragmentsInParts;

 public:
  // Adds the products of stretches [begin, end). done(i) is called when the columns of stretch i
  // are not needed any more.
  template <int begin, int end, class Done>
  __device__ void add(const ResidentRows<Operand, shape>& rows,
                      const StreamWords<Operand, shape.stretches>& columns, const Done& done) {
#pragma unroll
    for (int i = begin; i < end; ++i) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const uint32_t column0 = columns.words[i].word[2 * half];
        const uint32_t column1 = columns.words[i].word[2 * half + 1];
#pragma unroll
        for (int tile = 0; tile < tiles; ++tile) {
          Operand::template multiply<keeps_parts>(sums_[i % chains][tile],
                                                  rows.fragment(tile, i, half), column0, column1);
        }
        if constexpr (parts % 2 == 1) {
          Operand::template multiply<keeps_parts>(lone_[half], rows.lone(i), column0, column1);
        }
      }
      done(i);
    }
  }

  __device__ void write(const PartialSums<parts>& partial, int which) {
#pragma unroll
    for (int tile = 0; tile < tiles; ++tile) {
      float(&total)[4] = sums_[0][tile];
      if constexpr (chains == 2) {
        for (int i = 0; i < 4; ++i) total[i] += sums_[1][tile][i];
      }
      partial.write(which, 2 * tile, total[0], total[1]);
      partial.write(which, 2 * tile + 1, total[2], total[3]);
    }
    if constexpr (parts % 2 == 1) {
      partial.write(which, parts - 1, lone_[0][0] + lone_[1][2], lone_[0][1] + lone_[1][3]);
    }
  }

 private:
  float sums_[chains][tiles][4] = {}, lone_[2][4] = {};
};

}  // namespace charrnn::cuda
