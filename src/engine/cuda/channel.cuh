// How blocks of a group tell each other what they computed: each needs all that the others found at
// the time before, as the columns of its product.
//
// What is exchanged is a row for each time and stream, [steps][streams][row_size], of which the
// columns from `first` on are wanted, `depth` of them. The row is kept in memory in any case.
// Nothing but the words themselves is exchanged: whoever needs a word reads its place until it is
// no longer kNothing, so there is no flag to wait for first, and no order between words to keep.
#pragma once

#include "engine/cuda/resident_launch.cuh"

namespace charrnn::cuda {

template <class Operand>
struct Rows {
  typename Operand::Stored* values;
  unsigned row_size;
  int first;
  int depth;
  int streams;

  // Times and streams together stay below 2^31, so one wide product is all the arithmetic.
  __device__ typename Operand::Stored* row(int t, int stream) const {
    return values + uint64_t{static_cast<unsigned>(t * streams + stream)} * row_size;
  }
};

// Calls read(i) for the stretches that are not complete, again and again.
template <int stretches, class Read>
__device__ void read_until_complete(Words (&words)[stretches], unsigned wanted, const Read& read) {
  while (true) {
#pragma unroll
    for (int i = 0; i < stretches; ++i) {
      if (is_complete(words[i])) wanted &= ~(1u << i);
    }
    if (wanted == 0) break;
#pragma unroll
    for (int i = 0; i < stretches; ++i) {
      if (wanted >> i & 1) words[i] = read(i);
    }
  }
  __syncwarp();
}

// Through the memory that keeps the rows, which the host has filled with kNothing.
template <class Operand>
class MemoryChannel {
 public:
  using Stored = typename Operand::Stored;
  static constexpr bool clustered = false;
  static size_t floats(const ResidentPlan&, int) { return 0; }

  __device__ MemoryChannel(const Rows<Operand>& rows, const Share& share, float*)
      : rows_(rows), share_(share) {}
  __device__ void open() const {}
  __device__ void close() const {}

  // Asks for what the lane's stream holds at a time; it may not be there yet.
  template <int stretches>
  __device__ void ask(StreamWords<Operand, stretches>& columns, Moment at) const {
    const uint32_t* words = first_word(columns, at);
    const unsigned wanted = wanted_stretches(columns, at);
#pragma unroll
    for (int i = 0; i < stretches; ++i) {
      columns.words[i] = {{0, 0, 0, 0}};
      if (wanted >> i & 1) columns.words[i] = read_memory_words(words + i * kStretchWords);
    }
  }
  // Asks again until all of it is there.
  template <int stretches>
  __device__ void await(StreamWords<Operand, stretches>& columns, Moment at) const {
    const uint32_t* words = first_word(columns, at);
    read_until_complete(columns.words, wanted_stretches(columns, at),
                        [&](int i) { return read_memory_words(words + i * kStretchWords); });
  }

  // Where the thread's values of a time go: found before they are, because all wait for them.
  __device__ Stored* row(Moment at) const { return rows_.row(at.t, share_.stream(at.turn)); }
  // Writes column `column` of a row. Called by all lanes of a warp, whose columns of each stream
  // are side by side from an even one on, so that bf16 are written as whole words.
  __device__ void send(Moment, Stored* row, int column, float value, bool present) const {
    write_words<Operand>(row, column, value, present);
  }

 private:
  template <int stretches>
  __device__ unsigned wanted_stretches(const StreamWords<Operand, stretches>& columns,
                                       Moment at) const {
    return share_.column_stream(at.turn) < share_.end_stream ? columns.stretches_in(rows_.depth)
                                                             : 0;
  }
  template <int stretches>
  __device__ const uint32_t* first_word(const StreamWords<Operand, stretches>& columns,
                                        Moment at) const {
    return reinterpret_cast<const uint32_t*>(rows_.row(at.t, share_.column_stream(at.turn)) +
                                             rows_.first) +
           columns.first_word();
  }

  Rows<Operand> rows_;
  const Share& share_;
};

// From block to block of a cluster: each writes into the shared memory of all. Two places for each
// turn take turns themselves: nobody can be two times ahead of another.
template <class Operand>
class ClusterChannel {
 public:
  using Stored = typename Operand::Stored;
  static constexpr bool clustered = true;
  // Of shared memory. depth: of the rows.
  static size_t floats(const ResidentPlan& plan, int depth) {
    return size_t{2} * plan.turns() * kStreams * row_words(depth);
  }

  __device__ ClusterChannel(const Rows<Operand>& rows, const Share& share, float* shared)
      : rows_(rows),
        share_(share),
        words_(static_cast<uint32_t>(__cvta_generic_to_shared(shared))) {}

  __device__ void open() const {
    const int count = 2 * share_.turns * kStreams * row_words(rows_.depth) / 4;
    for (int i = threadIdx.x; i < count; i += kThreads) clear_shared_words(words_ + 16 * i);
    meet_cluster();
  }
  // No block may end while others still write into it.
  __device__ void close() const { meet_cluster(); }

  template <int stretches>
  __device__ void ask(StreamWords<Operand, stretches>& columns, Moment) const {
    // It costs little to read when it is needed.
#pragma unroll
    for (Words& words : columns.words) words = {{kNothing, kNothing, kNothing, kNothing}};
  }
  template <int stretches>
  __device__ void await(StreamWords<Operand, stretches>& columns, Moment at) const {
    const bool present = share_.column_stream(at.turn) < share_.end_stream;
    const unsigned wanted = present ? columns.stretches_in(rows_.depth) : 0;
    const uint32_t address = shared_row(at, threadIdx.x % 32 / 4) + 4 * columns.first_word();
    const auto place = [&](int i) { return address + 4 * kStretchWords * i; };
    read_until_complete(columns.words, wanted, [&](int i) { return read_shared_words(place(i)); });
    // This lane alone reads these words. They are cleared before anything of the next time is sent,
    // which is what allows others to write here again.
#pragma unroll
    for (int i = 0; i < stretches; ++i) {
      if (wanted >> i & 1) {
        clear_shared_words(place(i));
      } else {
        columns.words[i] = {{0, 0, 0, 0}};
      }
    }
  }

  __device__ Stored* row(Moment at) const { return rows_.row(at.t, share_.stream(at.turn)); }
  __device__ void send(Moment at, Stored* kept, int column, float value, bool present) const {
    constexpr int chunk_lanes = 4 * Operand::word_values;  // whose values make 16 bytes
    constexpr int chunks = 32 / chunk_lanes;               // of a warp
    const int lane = threadIdx.x % 32;
    const uint32_t word = write_words<Operand>(kept, column, value, present);
    if (column < rows_.first) return;
    const int first_lane = lane % chunks * chunk_lanes;
    Words chunk;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      chunk.word[i] = __shfl_sync(0xffffffffu, word, first_lane + i * Operand::word_values);
    }
    const Share::Unit from = share_.unit_of(threadIdx.x - lane + first_lane);
    if (share_.first_stream + at.turn * kStreams + from.stream >= share_.end_stream) return;
    const int place = column - share_.unit + from.unit - rows_.first;
    const uint32_t address = shared_row(at, from.stream) + 4 * (place / Operand::word_values);
    for (int block = lane / chunks; block < share_.group_blocks; block += 32 / chunks) {
      write_cluster_words(address, block, chunk);
    }
  }

 private:
  // A little longer than the depth, so that streams begin at different banks.
  __host__ __device__ static int row_words(int depth) {
    return depth / Operand::word_values + kStretchWords;
  }
  __device__ uint32_t shared_row(Moment at, int stream) const {
    return words_ +
           4 * (((at.t & 1) * share_.turns + at.turn) * kStreams + stream) * row_words(rows_.depth);
  }

  Rows<Operand> rows_;
  const Share& share_;
  uint32_t words_;  // address in shared memory, the same in each block
};

}  // namespace charrnn::cuda
