// Searches a stream of bytes for the first of some stop strings, and knows how many of the last
// bytes may begin one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace charrnn {

// Knuth, Morris and Pratt's automaton for each string: amortised constant time per byte.
class StopMatcher {
 public:
  static constexpr int kNone = -1;

  explicit StopMatcher(std::vector<std::string> stops);  // none is empty

  // Takes the next bytes up to the end of the first match. Of two that end at the same byte the
  // longer one, which began first, matches.
  void read(std::string_view bytes);

  int matched() const { return matched_; }  // which stop string, or kNone
  // Bytes at the end of what was read that must wait: the match, or what may become one.
  size_t held() const { return held_; }

 private:
  struct Automaton {
    std::string stop;
    std::vector<size_t> fallback;  // [n]: the longest border of the first n bytes
    size_t state = 0;              // bytes of `stop` that the text ends with
  };
  static Automaton make_automaton(std::string stop);
  static void advance(Automaton& automaton, char byte);

  std::vector<Automaton> automata_;
  int matched_ = kNone;
  size_t held_ = 0;
};

}  // namespace charrnn
