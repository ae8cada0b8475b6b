#include "evaluate/suffix_automaton.h"

#include <algorithm>

namespace charrnn {

SuffixAutomaton::SuffixAutomaton(std::span<const int32_t> text, int symbols) : symbols_(symbols) {
  int32_t last = add_state(0);
  for (const int32_t symbol : text) last = append(last, symbol);
}

int64_t SuffixAutomaton::bytes(int64_t characters, int64_t symbols) {
  return 2 * characters * (symbols + 2) * static_cast<int64_t>(sizeof(int32_t));
}

int32_t SuffixAutomaton::add_state(int32_t length) {
  length_.push_back(length);
  link_.push_back(kNone);
  next_.resize(next_.size() + symbols_, kNone);
  return static_cast<int32_t>(length_.size() - 1);
}

// The text grows by a symbol. Its suffixes, longest first, get an edge to the new state until one
// has an edge already; where that edge's target also holds longer parts, which do not end here, it
// is split.
int32_t SuffixAutomaton::append(int32_t last, int32_t symbol) {
  const int32_t whole = add_state(length_[last] + 1);
  int32_t suffix = last;
  while (suffix != kNone && next(suffix, symbol) == kNone) {
    edge(suffix, symbol) = whole;
    suffix = link_[suffix];
  }
  if (suffix == kNone) {
    link_[whole] = start();
    return whole;
  }
  const int32_t target = next(suffix, symbol);
  if (length_[target] == length_[suffix] + 1) {
    link_[whole] = target;
    return whole;
  }
  const int32_t half = add_state(length_[suffix] + 1);
  for (size_t s = 0; s < symbols_; ++s) {
    edge(half, static_cast<int32_t>(s)) = next(target, static_cast<int32_t>(s));
  }
  link_[half] = link_[target];
  link_[target] = link_[whole] = half;
  for (; suffix != kNone && next(suffix, symbol) == target; suffix = link_[suffix]) {
    edge(suffix, symbol) = half;
  }
  return whole;
}

std::vector<int32_t> SuffixAutomaton::by_falling_length() const {
  const int32_t max = *std::max_element(length_.begin(), length_.end());
  std::vector<int32_t> begins(max + 2), order(length_.size());
  for (const int32_t length : length_) ++begins[max - length + 1];
  for (int32_t i = 0; i < max; ++i) begins[i + 1] += begins[i];
  for (size_t state = 0; state < length_.size(); ++state) {
    order[begins[max - length_[state]]++] = static_cast<int32_t>(state);
  }
  return order;
}

}  // namespace charrnn
