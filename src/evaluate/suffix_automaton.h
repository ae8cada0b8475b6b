// The minimal automaton that accepts exactly the substrings of a text (Blumer et al. 1985). A state
// is a set of substrings with the same end positions: the suffixes of one substring down to some
// length.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace charrnn {

class SuffixAutomaton {
 public:
  static constexpr int32_t kNone = -1;

  // text: symbols from 0 to symbols - 1. Time and space are O(text × symbols).
  SuffixAutomaton(std::span<const int32_t> text, int symbols);

  // Memory that a text would take, in bytes.
  static int64_t bytes(int64_t characters, int64_t symbols);

  int states() const { return static_cast<int>(length_.size()); }
  static constexpr int32_t start() { return 0; }
  int32_t next(int32_t state, int32_t symbol) const {
    return next_[static_cast<size_t>(state) * symbols_ + symbol];
  }
  int32_t length(int32_t state) const { return length_[state]; }  // of its longest substring
  // The state of the longest suffix with more end positions; kNone for the start.
  int32_t link(int32_t state) const { return link_[state]; }
  // The states by decreasing length, so that each precedes its link.
  std::vector<int32_t> by_falling_length() const;

 private:
  int32_t add_state(int32_t length);
  int32_t append(int32_t last, int32_t symbol);
  int32_t& edge(int32_t state, int32_t symbol) {
    return next_[static_cast<size_t>(state) * symbols_ + symbol];
  }

  size_t symbols_;
  std::vector<int32_t> next_;  // [states][symbols]
  std::vector<int32_t> length_;
  std::vector<int32_t> link_;
};

}  // namespace charrnn
