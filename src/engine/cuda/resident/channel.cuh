// How blocks of a group tell each other what they computed: each needs all that the others found at
// the time before, as the columns of its product.
//
// What is exchanged is a row for each time and stream, [steps][streams][row_size], of which the
// columns from `first` on are wanted, `depth` of them. The row is kept in memory in any case.
// Nothing but the words themselves is exchanged: whoever needs a word reads its place until it is
// no longer kNothing, so there is no flag to wait for first, and no order between words to keep.
#pragma once

#include "engine/cuda/resident/resident_launch.cuh"

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
  __device__ void ask(Columns& columns, TimeSlot at) const {
    if (turns != Turns::kOne) columns.ask(words_of(at));
  }
  // Waits for a turn's columns and adds their products with the rows to the sums. next: of more
  // turns, what to ask for while that goes on, if it is wanted.
  template <class Layer, class Rows, class Sums>
  __device__ void multiply(Columns& columns, const Layer& layer, TimeSlot at, TimeSlot next,
                           bool wanted, const Rows& rows, Sums& sums) const {
    if constexpr (in_halves) {
      multiply_in_halves(columns, layer, at, rows, sums);
    } else {
      await(columns, at);
      if (share_.begins(layer, at)) columns.clear();
      if constexpr (turns == Turns::kMore) {
        const WantedWords words = wanted ? words_of(next) : WantedWords{};
        sums.template add<0, stretches>(
            rows, columns, [&](int stretch) { columns.words[stretch] = words.ask(stretch); });
      } else {
        sums.template add<0, stretches>(rows, columns, [](int) {});
      }
    }
  }

  // Where the thread's values of a time go: found before they are, because all wait for them.
  __device__ Stored* row(TimeSlot at) const { return rows_.row(at.t, share_.stream(at.turn)); }
  // Writes column `column` of a row. Called by all lanes of a warp, whose columns of each stream
  // are side by side from an even one on, so that bf16 are written as whole words.
  __device__ void send(Stored* row, int column, float value, bool present) const {
    write_words<Operand>(row, column, value, present);
  }
  // After the products of a turn.
  __device__ void ask_next(Columns& columns, TimeSlot next, bool wanted) const {
    if (turns == Turns::kTwo && wanted) columns.ask(words_of(next));
  }

 private:
  // Much that is asked for before it is there holds up the rest.
  static constexpr bool in_halves = turns == Turns::kOne && stretches > 8;

  // Asks again until all of it is there.
  __device__ void await(Columns& columns, TimeSlot at) const {
    const WantedWords all = words_of(at);
    if (turns == Turns::kOne) columns.expect_nothing();
    // Of words that are on their way, those that were not asked for wait with the others.
    if (turns != Turns::kMore) columns.clear_but(all.stretches);
    columns.read_until_complete(all);
    if (turns == Turns::kMore) columns.clear_but(all.stretches);
  }

  // Waits for one stretch, then asks for all; the second half is on its way while the first is
  // multiplied.
  template <class Layer, class Rows, class Sums>
  __device__ void multiply_in_halves(Columns& columns, const Layer& layer, TimeSlot at,
                                     const Rows& rows, Sums& sums) const {
    constexpr int half = stretches / 2;
    const auto nothing = [](int) {};
    WantedWords all = words_of(at);
    if (share_.begins(layer, at)) all.stretches = 0;
    const unsigned second = all.stretches >> half << half;
    columns.expect_nothing();
    columns.clear_but(all.stretches);
    columns.read_until_complete({all.words, all.stretches & 1});
    columns.ask_again({all.words, all.stretches & ~1u});
    for (unsigned left = all.stretches & ~second; !columns.template is_complete<half>(left);) {
      columns.ask_again({all.words, left | second});
    }
    __syncwarp();
    sums.template add<0, half>(rows, columns, nothing);
    columns.read_until_complete({all.words, second});
    sums.template add<half, stretches>(rows, columns, nothing);
  }

  // What the lane's stream holds at a moment.
  __device__ WantedWords words_of(TimeSlot at) const {
    const int stream = share_.column_stream(at.turn);
    const auto* row = rows_.row(at.t, stream) + rows_.first;
    return {reinterpret_cast<const uint32_t*>(row) + Columns::first_word(),
            stream < share_.end_stream ? Columns::stretches_in(rows_.depth) : 0};
  }

  Rows<Operand> rows_;
  const Share& share_;
};

}  // namespace charrnn::cuda
