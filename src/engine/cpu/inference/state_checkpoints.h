// What parallel evaluation keeps of a slice: states at regular checkpoints, and how an LSTM's c was
// carried between them. With it a slice that was evaluated from a guess need not be evaluated to
// its end again where a better start has no effect.
//
// An LSTM's gates depend on x and h alone. With equal h, two passes that differ by d in c differ by
// f d a character later, and in h by
//
//   |tanh(c + d) - tanh(c)| <= 1 - tanh(|c|)                          where d has the sign of c,
//                           <= |d| (1 - tanh(max(|c| - |d|, 0))^2)    otherwise
//
// at most (o <= 1). Units that count characters often have |c| far beyond 10: a difference that c
// keeps for thousands of characters does not reach their h. (i g is within ±1, so a c whose size
// stays above 1 keeps its sign.)
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/config.h"

namespace charrnn::cpu {

class StateCheckpoints {
 public:
  StateCheckpoints() = default;
  // Checkpoints 0 … intervals; interval i lies between checkpoints i and i + 1.
  StateCheckpoints(const ModelConfig& config, int64_t intervals);

  // [layers][states][hidden_size] at a checkpoint.
  std::span<float> state(int64_t checkpoint);
  std::span<const float> state(int64_t checkpoint) const;
  std::span<const float> end() const { return state(intervals_); }
  // [layers][hidden_size] of cells with a second state, else empty: the product of the forget gates
  // over an interval, and the least |c| in it.
  std::span<float> forget_product(int64_t interval);
  std::span<float> min_abs_cell(int64_t interval);

  // Whether h, and so the losses, of the rest of the slice would be the same to the tolerance if it
  // were evaluated from this state at a checkpoint. If so, this and the later checkpoints take the
  // states that they would get; otherwise nothing changes.
  bool try_merge(int64_t checkpoint, std::span<const float> state, float tolerance);

 private:
  bool same_hidden(int64_t checkpoint, std::span<const float> state, float tolerance) const;
  bool is_negligible(int64_t checkpoint, int64_t unit, float difference, float tolerance) const;
  bool grows(int64_t interval, int64_t unit, float difference) const;
  void propagate(int64_t checkpoint, std::span<const float> state);
  // Index of a unit's c in a state. unit: of [layers][hidden_size]
  int64_t cell_offset(int64_t unit) const {
    return unit / hidden_size_ * states_ * hidden_size_ + hidden_size_ + unit % hidden_size_;
  }

  int64_t intervals_ = 0, hidden_size_ = 0, states_ = 0, state_values_ = 0;
  int64_t cell_values_ = 0;  // values of c in a state
  std::vector<float> states_at_, forget_product_, min_abs_cell_;
};

}  // namespace charrnn::cpu
