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

// Reads the stretches that are not complete, again and again.
template <int stretches>
__device__ void read_until_complete(Words (&words)[stretches], WantedWords wanted) {
  while (true) {
#pragma unroll
    for (int i = 0; i < stretches; ++i) {
      if (is_complete(words[i])) wanted.stretches &= ~(1u << i);
    }
    if (wanted.stretches == 0) break;
#pragma unroll
    for (int i = 0; i < stretches; ++i) {
      if (wanted.wants(i)) words[i] = wanted.read(i);
    }
  }
  __syncwarp();
}

// Through the memory that keeps the rows, which was filled with kNothing before. (Clusters of
// blocks that write into each other's shared memory were tried: a time took as long, because most
// of it is not the exchange, and only seven clusters of sixteen blocks run at once on a chip of
// 132.)
//
// A turn's words are asked for ahead where they were sent long enough ago: of two turns after the
// product of the other, of more while the turn before is multiplied. Of one turn alone they are
// still being computed, and what is asked for in vain holds up the rest.
template <class Operand, int stretches, Turns turns>
class Channel {
 public:
  using Stored = typename Operand::Stored;
  using Columns = StreamWords<Operand, stretches>;

  __device__ Channel(const Rows<Operand>& rows, const Share& share) : rows_(rows), share_(share) {}

  // Before the first product.
  __device__ void ask(Columns& columns, Moment at) const {
    if (turns != Turns::kOne) columns.ask(words_of(at));
  }
  // Multiplies a turn's columns and asks for what comes next, if anything is wanted then.
  template <class Product>
  __device__ void multiply_and_ask(Columns& columns, Moment next, bool wanted,
                                   const Product& product) const {
    if constexpr (turns == Turns::kMore) {
      const WantedWords words = wanted ? words_of(next) : WantedWords{};
      product([&](int stretch) { columns.words[stretch] = words.ask(stretch); });
    } else {
      product([](int) {});
      if (turns == Turns::kTwo && wanted) columns.ask(words_of(next));
    }
  }
  // Asks again until all of it is there.
  __device__ void await(Columns& columns, Moment at) const {
    const WantedWords all = words_of(at);
    if (turns == Turns::kOne) columns.expect_nothing();
    // Of words that are on their way, those that were not asked for wait with the others.
    if (turns != Turns::kMore) columns.clear_but(all.stretches);
    // Of much that may not be there yet, a part is waited for first.
    if (turns == Turns::kOne && stretches > 8) {
      read_until_complete(columns.words, {all.words, all.stretches & 1});
    }
    read_until_complete(columns.words, all);
    if (turns == Turns::kMore) columns.clear_but(all.stretches);
  }

  // Where the thread's values of a time go: found before they are, because all wait for them.
  __device__ Stored* row(Moment at) const { return rows_.row(at.t, share_.stream(at.turn)); }
  // Writes column `column` of a row. Called by all lanes of a warp, whose columns of each stream
  // are side by side from an even one on, so that bf16 are written as whole words.
  __device__ void send(Stored* row, int column, float value, bool present) const {
    write_words<Operand>(row, column, value, present);
  }

 private:
  // What the lane's stream holds at a moment.
  __device__ WantedWords words_of(Moment at) const {
    const int stream = share_.column_stream(at.turn);
    const auto* row = rows_.row(at.t, stream) + rows_.first;
    return {reinterpret_cast<const uint32_t*>(row) + Columns::first_word(),
            stream < share_.end_stream ? Columns::stretches_in(rows_.depth) : 0};
  }

  Rows<Operand> rows_;
  const Share& share_;
};

}  // namespace charrnn::cuda
