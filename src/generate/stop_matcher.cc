#include "generate/stop_matcher.h"

#include <algorithm>

#include "base/error.h"

namespace charrnn {

StopMatcher::StopMatcher(std::vector<std::string> stops) {
  for (std::string& stop : stops) automata_.push_back(make_automaton(std::move(stop)));
}

// A border of a string is a proper prefix that is its suffix as well.
StopMatcher::Automaton StopMatcher::make_automaton(std::string stop) {
  check(!stop.empty(), "a stop string is not empty");
  Automaton automaton{std::move(stop), {0, 0}, 0};
  for (size_t n = 1; n < automaton.stop.size(); ++n) {
    advance(automaton, automaton.stop[n]);
    automaton.fallback.push_back(automaton.state);
  }
  automaton.state = 0;
  return automaton;
}

void StopMatcher::advance(Automaton& automaton, char byte) {
  size_t& state = automaton.state;
  while (state > 0 && (state == automaton.stop.size() || automaton.stop[state] != byte)) {
    state = automaton.fallback[state];
  }
  if (automaton.stop[state] == byte) ++state;
}

void StopMatcher::read(std::string_view bytes) {
  for (const char byte : bytes) {
    if (matched_ != kNone) return;
    held_ = 0;
    for (size_t i = 0; i < automata_.size(); ++i) {
      Automaton& automaton = automata_[i];
      advance(automaton, byte);
      const bool whole = automaton.state == automaton.stop.size();
      const bool longest = matched_ == kNone || automaton.state > automata_[matched_].stop.size();
      if (whole && longest) matched_ = static_cast<int>(i);
      held_ = std::max(held_, automaton.state);
    }
    if (matched_ != kNone) held_ = automata_[matched_].stop.size();
  }
}

}  // namespace charrnn
