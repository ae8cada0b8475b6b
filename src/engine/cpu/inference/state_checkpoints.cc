#include "engine/cpu/inference/state_checkpoints.h"

#include <algorithm>
#include <cmath>

namespace charrnn::cpu {

StateCheckpoints::StateCheckpoints(const ModelConfig& config, int64_t intervals)
    : intervals_(intervals),
      hidden_size_(config.hidden_size),
      states_(config.states()),
      state_values_(config.layers * states_ * hidden_size_),
      cell_values_(states_ > 1 ? config.layers * hidden_size_ : 0),
      states_at_((intervals + 1) * state_values_),
      forget_product_(intervals * cell_values_),
      min_abs_cell_(intervals * cell_values_) {}

std::span<float> StateCheckpoints::state(int64_t checkpoint) {
  return std::span(states_at_).subspan(checkpoint * state_values_, state_values_);
}

std::span<const float> StateCheckpoints::state(int64_t checkpoint) const {
  return std::span(states_at_).subspan(checkpoint * state_values_, state_values_);
}

std::span<float> StateCheckpoints::forget_product(int64_t interval) {
  return std::span(forget_product_).subspan(interval * cell_values_, cell_values_);
}

std::span<float> StateCheckpoints::min_abs_cell(int64_t interval) {
  return std::span(min_abs_cell_).subspan(interval * cell_values_, cell_values_);
}

bool StateCheckpoints::try_merge(int64_t checkpoint, std::span<const float> state,
                                 float tolerance) {
  if (!same_hidden(checkpoint, state, tolerance)) return false;
  const std::span<const float> before = this->state(checkpoint);
  for (int64_t unit = 0; unit < cell_values_; ++unit) {
    const float old = before[cell_offset(unit)];
    // Rounding is relative.
    const float allowed = tolerance * std::max(1.0f, std::abs(old));
    if (!is_negligible(checkpoint, unit, state[cell_offset(unit)] - old, allowed)) return false;
  }
  propagate(checkpoint, state);
  return true;
}

// Compares h alone.
bool StateCheckpoints::same_hidden(int64_t checkpoint, std::span<const float> state,
                                   float tolerance) const {
  const std::span<const float> before = this->state(checkpoint);
  for (int64_t first = 0; first < state_values_; first += states_ * hidden_size_) {
    for (int64_t i = first; i < first + hidden_size_; ++i) {
      if (!(std::abs(state[i] - before[i]) <= tolerance)) return false;
    }
  }
  return true;
}

// Whether c is only farther from zero, by `difference`, throughout an interval.
bool StateCheckpoints::grows(int64_t interval, int64_t unit, float difference) const {
  const float end = states_at_[(interval + 1) * state_values_ + cell_offset(unit)];
  return min_abs_cell_[interval * cell_values_ + unit] > 1 && (difference > 0) == (end > 0);
}

bool StateCheckpoints::is_negligible(int64_t checkpoint, int64_t unit, float difference,
                                     float tolerance) const {
  if (!std::isfinite(difference)) return false;
  for (int64_t i = checkpoint; i < intervals_ && !(std::abs(difference) <= tolerance); ++i) {
    const float min_abs = min_abs_cell_[i * cell_values_ + unit], distance = std::abs(difference);
    const float t = std::tanh(std::max(min_abs - distance, 0.0f));
    const float bound =
        grows(i, unit, difference) ? 1 - std::tanh(min_abs) : distance * (1 - t * t);
    if (!(bound <= tolerance)) return false;
    difference *= forget_product_[i * cell_values_ + unit];
  }
  return true;
}

void StateCheckpoints::propagate(int64_t checkpoint, std::span<const float> state) {
  std::vector<float> difference(cell_values_);
  const std::span<float> here = this->state(checkpoint);
  for (int64_t unit = 0; unit < cell_values_; ++unit) {
    difference[unit] = state[cell_offset(unit)] - here[cell_offset(unit)];
  }
  std::ranges::copy(state, here.begin());
  for (int64_t i = checkpoint; i < intervals_ && cell_values_ > 0; ++i) {
    const std::span<float> next = this->state(i + 1), forget_product = this->forget_product(i),
                           min_abs_cell = this->min_abs_cell(i);
    for (int64_t unit = 0; unit < cell_values_; ++unit) {
      if (!grows(i, unit, difference[unit])) {
        min_abs_cell[unit] = std::max(min_abs_cell[unit] - std::abs(difference[unit]), 0.0f);
      }
      difference[unit] *= forget_product[unit];
      next[cell_offset(unit)] += difference[unit];
    }
  }
}

}  // namespace charrnn::cpu
