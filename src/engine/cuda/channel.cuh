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

// Through the memory that keeps the rows, which was filled with kNothing before. (Clusters of
// blocks that write into each other's shared memory were tried: a time took as long, because most
// of it is not the exchange, and only seven clusters of sixteen blocks run at once on a chip of
// 132.)
template <class Operand>
class Channel {
 public:
  using Stored = typename Operand::Stored;
  __device__ Channel(const Rows<Operand>& rows, const Share& share) : rows_(rows), share_(share) {}

  // Asks for what the lane's stream holds at a time, where streams take turns: then it was sent
  // long ago. Else it is still being computed, and what is asked for in vain holds up the rest.
  template <int stretches>
  __device__ void ask(StreamWords<Operand, stretches>& columns, Moment at) const {
    columns.expect_nothing();
    if (share_.turns == 1) return;
    const uint32_t* words = first_word(columns, at);
    const unsigned wanted = wanted_stretches(columns, at);
#pragma unroll
    for (int i = 0; i < stretches; ++i) {
      if (wanted >> i & 1) columns.words[i] = read_memory_words(words + i * kStretchWords);
    }
  }
  // Asks again until all of it is there.
  template <int stretches>
  __device__ void await(StreamWords<Operand, stretches>& columns, Moment at) const {
    const uint32_t* words = first_word(columns, at);
    const unsigned wanted = wanted_stretches(columns, at);
    const auto read = [&](int i) { return read_memory_words(words + i * kStretchWords); };
    // Of much that may not be there yet, a part is waited for first.
    if (stretches > 8 && share_.turns == 1) read_until_complete(columns.words, wanted & 1, read);
    read_until_complete(columns.words, wanted, read);
    columns.clear_but(wanted);
  }

  // Where the thread's values of a time go: found before they are, because all wait for them.
  __device__ Stored* row(Moment at) const { return rows_.row(at.t, share_.stream(at.turn)); }
  // Writes column `column` of a row. Called by all lanes of a warp, whose columns of each stream
  // are side by side from an even one on, so that bf16 are written as whole words.
  __device__ void send(Stored* row, int column, float value, bool present) const {
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

}  // namespace charrnn::cuda
