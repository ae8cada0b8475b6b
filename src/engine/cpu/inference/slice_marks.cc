#include "engine/cpu/inference/slice_marks.h"

#include <algorithm>
#include <cmath>

namespace charrnn::cpu {

SliceMarks::SliceMarks(const ModelConfig& config, int64_t intervals)
    : intervals_(intervals),
      hidden_size_(config.hidden_size),
      states_(config.states()),
      state_values_(config.layers * states_ * hidden_size_),
      seconds_(states_ > 1 ? config.layers * hidden_size_ : 0),
      states_at_((intervals + 1) * state_values_),
      carried_(intervals * seconds_),
      least_(intervals * seconds_) {}

std::span<float> SliceMarks::state(int64_t mark) {
  return std::span(states_at_).subspan(mark * state_values_, state_values_);
}

std::span<const float> SliceMarks::state(int64_t mark) const {
  return std::span(states_at_).subspan(mark * state_values_, state_values_);
}

std::span<float> SliceMarks::carried(int64_t interval) {
  return std::span(carried_).subspan(interval * seconds_, seconds_);
}

std::span<float> SliceMarks::least(int64_t interval) {
  return std::span(least_).subspan(interval * seconds_, seconds_);
}

bool SliceMarks::join(int64_t mark, std::span<const float> state, float tolerance) {
  if (!same_output(mark, state, tolerance)) return false;
  const std::span<const float> before = this->state(mark);
  for (int64_t unit = 0; unit < seconds_; ++unit) {
    const float old = before[second(unit)];
    // A large one is rounded by more.
    const float allowed = tolerance * std::max(1.0f, std::abs(old));
    if (!makes_no_difference(mark, unit, state[second(unit)] - old, allowed)) return false;
  }
  hand_on(mark, state);
  return true;
}

// All of a state but the second part.
bool SliceMarks::same_output(int64_t mark, std::span<const float> state, float tolerance) const {
  const std::span<const float> before = this->state(mark);
  for (int64_t first = 0; first < state_values_; first += states_ * hidden_size_) {
    for (int64_t i = first; i < first + hidden_size_; ++i) {
      if (!(std::abs(state[i] - before[i]) <= tolerance)) return false;
    }
  }
  return true;
}

// Whether the second state is only farther from zero, by so much, all over an interval.
bool SliceMarks::grows(int64_t interval, int64_t unit, float difference) const {
  const float end = states_at_[(interval + 1) * state_values_ + second(unit)];
  return least_[interval * seconds_ + unit] > 1 && (difference > 0) == (end > 0);
}

bool SliceMarks::makes_no_difference(int64_t mark, int64_t unit, float difference,
                                     float tolerance) const {
  if (!std::isfinite(difference)) return false;
  for (int64_t i = mark; i < intervals_ && !(std::abs(difference) <= tolerance); ++i) {
    const float least = least_[i * seconds_ + unit], distance = std::abs(difference);
    const float t = std::tanh(std::max(least - distance, 0.0f));
    const float most = grows(i, unit, difference) ? 1 - std::tanh(least) : distance * (1 - t * t);
    if (!(most <= tolerance)) return false;
    difference *= carried_[i * seconds_ + unit];
  }
  return true;
}

void SliceMarks::hand_on(int64_t mark, std::span<const float> state) {
  std::vector<float> difference(seconds_);
  const std::span<float> here = this->state(mark);
  for (int64_t unit = 0; unit < seconds_; ++unit) {
    difference[unit] = state[second(unit)] - here[second(unit)];
  }
  std::ranges::copy(state, here.begin());
  for (int64_t i = mark; i < intervals_ && seconds_ > 0; ++i) {
    const std::span<float> next = this->state(i + 1), carried = this->carried(i),
                           least = this->least(i);
    for (int64_t unit = 0; unit < seconds_; ++unit) {
      if (!grows(i, unit, difference[unit])) {
        least[unit] = std::max(least[unit] - std::abs(difference[unit]), 0.0f);
      }
      difference[unit] *= carried[unit];
      next[second(unit)] += difference[unit];
    }
  }
}

}  // namespace charrnn::cpu
