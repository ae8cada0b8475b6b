// What a slice of a text keeps of its reading: states at marks, and between them how the second
// state of an LSTM was handed on. So a slice that was read from a guess need not be read to its end
// once more where a better start makes no difference.
//
// An LSTM's gates depend on x and h alone. Where h is what it was, two readings that differ by d in
// c differ by f d a character later, and in h by
//
//   |tanh(c + d) - tanh(c)| <= 1 - tanh(|c|)                          where d has the sign of c,
//                           <= |d| (1 - tanh(max(|c| - |d|, 0))^2)    otherwise
//
// at most (o <= 1). Cells of c that count are often far beyond 10: their h stays the same for
// differences that c itself keeps for thousands of characters. (i g is within ±1: what stays larger
// than 1 keeps its sign.)
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/config.h"

namespace charrnn::cpu {

class SliceMarks {
 public:
  SliceMarks() = default;
  // Marks 0 … intervals; interval i lies between marks i and i + 1.
  SliceMarks(const ModelConfig& config, int64_t intervals);

  // [layers][states][hidden_size] at a mark.
  std::span<float> state(int64_t mark);
  std::span<const float> state(int64_t mark) const;
  std::span<const float> end() const { return state(intervals_); }
  // [layers][hidden_size] of cells with a second state, else empty: the product of its gates in an
  // interval, and its least size there.
  std::span<float> carried(int64_t interval);
  std::span<float> least(int64_t interval);

  // Whether the rest of the slice, read before, would be the same from this state at a mark: h to
  // the tolerance, and so the losses. Then this and the later marks' states become what they would
  // be; otherwise nothing changes.
  bool join(int64_t mark, std::span<const float> state, float tolerance);

 private:
  bool same_output(int64_t mark, std::span<const float> state, float tolerance) const;
  bool makes_no_difference(int64_t mark, int64_t unit, float difference, float tolerance) const;
  bool grows(int64_t interval, int64_t unit, float difference) const;
  void hand_on(int64_t mark, std::span<const float> state);
  // Place of a unit's second state in a state. unit: of [layers][hidden_size]
  int64_t second(int64_t unit) const {
    return unit / hidden_size_ * states_ * hidden_size_ + hidden_size_ + unit % hidden_size_;
  }

  int64_t intervals_ = 0, hidden_size_ = 0, states_ = 0, state_values_ = 0;
  int64_t seconds_ = 0;  // values of the second state
  std::vector<float> states_at_, carried_, least_;
};

}  // namespace charrnn::cpu
