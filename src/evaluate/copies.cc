// The corpus runs through the sample's suffix automaton, which takes a step at a random place in
// memory for each character. So it runs through it only where a window that the sample may have
// begins a copy of some length; shorter ones are looked for if there is none so long.
#include "evaluate/copies.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/short_number.h"
#include "evaluate/suffix_automaton.h"
#include "evaluate/window_filter.h"

namespace charrnn {
namespace {

constexpr int64_t kMaxBytes = int64_t{2} << 30;
constexpr int32_t kForeign = -1;

// The sample in symbols numbered from 0, so that the automaton's rows are short.
struct Symbols {
  std::vector<int32_t> sample;
  std::vector<int32_t> of_id;  // kForeign: not in the sample
  int count = 0;

  explicit Symbols(std::span<const int32_t> ids) {
    int32_t foreign_in_sample = kForeign;
    for (const int32_t id : ids) {
      if (id < 0) {  // a symbol of its own that no corpus character has
        if (foreign_in_sample == kForeign) foreign_in_sample = count++;
        sample.push_back(foreign_in_sample);
        continue;
      }
      if (static_cast<size_t>(id) >= of_id.size()) of_id.resize(id + 1, kForeign);
      if (of_id[id] == kForeign) of_id[id] = count++;
      sample.push_back(of_id[id]);
    }
  }
  int32_t operator()(int32_t id) const {
    return id >= 0 && static_cast<size_t>(id) < of_id.size() ? of_id[id] : kForeign;
  }
};

// The longest substring of a state that occurs in the corpus, and where its first occurrence ends.
struct Match {
  int32_t length = 0;
  int64_t corpus_end = 0;
};

// Where the corpus is in the automaton.
class Walk {
 public:
  explicit Walk(const SuffixAutomaton& automaton)
      : automaton_(automaton), matches_(automaton.states()) {}

  void restart() {
    state_ = SuffixAutomaton::start();
    length_ = 0;
  }
  // corpus_end: where the symbol ends.
  void step(int32_t symbol, int64_t corpus_end) {
    if (symbol == kForeign) return restart();
    int32_t next = automaton_.next(state_, symbol);
    while (next == SuffixAutomaton::kNone) {
      if (state_ == SuffixAutomaton::start()) return;  // of length 0
      state_ = automaton_.link(state_);
      length_ = automaton_.length(state_);
      next = automaton_.next(state_, symbol);
    }
    state_ = next;
    ++length_;
    Match& match = matches_[state_];
    if (length_ > match.length) match = {length_, corpus_end};
  }
  std::vector<Match>& matches() { return matches_; }

 private:
  const SuffixAutomaton& automaton_;
  std::vector<Match> matches_;
  int32_t state_ = SuffixAutomaton::start(), length_ = 0;
};

// Finds at least the matches of `shortest` symbols and more.
std::vector<Match> read_corpus_through(const SuffixAutomaton& automaton, const Symbols& symbols,
                                       IdView corpus, size_t shortest,
                                       const std::function<void(int64_t)>& progress) {
  constexpr size_t kPiece = 1 << 16;
  const WindowFilter filter(symbols.sample, shortest);
  RollingHash hash(shortest);
  Walk walk(automaton);
  int64_t walked = -static_cast<int64_t>(shortest);  // where the walk is
  // The symbols of a piece, and as many before it as a window has.
  std::vector<int32_t> buffer(shortest, kForeign);
  for (size_t begin = 0; begin < corpus.size; begin += kPiece) {
    const size_t size = std::min(kPiece, corpus.size - begin);
    if (begin > 0) std::copy(buffer.end() - shortest, buffer.end(), buffer.begin());
    buffer.resize(shortest + size);
    const std::span<int32_t> piece = std::span(buffer).subspan(shortest);
    corpus.copy(begin, piece);
    for (int32_t& id : piece) id = symbols(id);
    for (size_t i = 0; i < size; ++i) {
      hash.roll(piece[i], buffer[i]);
      if (!filter.may_have(hash.value())) continue;
      const auto end = static_cast<int64_t>(begin + i + 1);
      const int64_t window = end - static_cast<int64_t>(shortest);
      if (walked < window) {
        walk.restart();
        walked = window;
      }
      for (; walked < end; ++walked) {
        walk.step(buffer[i + shortest + 1 - static_cast<size_t>(end - walked)], walked + 1);
      }
    }
    if (progress) progress(static_cast<int64_t>(begin + size));
  }
  return std::move(walk.matches());
}

// What occurs of a state occurs of its suffixes too; a state of which nothing occurs takes its
// link's result.
void spread(const SuffixAutomaton& automaton, std::vector<Match>& matches) {
  const std::vector<int32_t> order = automaton.by_falling_length();
  for (const int32_t state : order) {
    const int32_t link = automaton.link(state);
    if (link == SuffixAutomaton::kNone || matches[state].length == 0) continue;
    const int32_t whole = automaton.length(link);
    if (matches[link].length < whole) matches[link] = {whole, matches[state].corpus_end};
  }
  for (auto state = order.rbegin(); state != order.rend(); ++state) {
    const int32_t link = automaton.link(*state);
    if (matches[*state].length == 0 && link != SuffixAutomaton::kNone) {
      matches[*state] = matches[link];
    }
  }
}

void add_matches(const SuffixAutomaton& automaton, const Symbols& symbols,
                 const std::vector<Match>& matches, CopyReport& report) {
  int32_t state = SuffixAutomaton::start();
  int64_t covered_to = 0;  // the sample's characters before this one are counted
  for (int64_t end = 1; end <= report.characters; ++end) {
    state = automaton.next(state, symbols.sample[end - 1]);
    const Match& match = matches[state];
    if (match.length > report.longest) {
      report.longest = match.length;
      report.sample_begin = end - match.length;
      report.corpus_begin = match.corpus_end - match.length;
    }
    if (match.length >= report.minimum) {
      // Only characters not covered yet; end - covered_to may reach back over uncovered ones.
      report.copied += end - std::max(covered_to, end - match.length);
      covered_to = end;
    }
  }
}

}  // namespace

CopyReport find_copies(std::span<const int32_t> sample, IdView corpus, int64_t minimum,
                       const std::function<void(int64_t)>& progress) {
  check(minimum >= 1, "a copy has a character");
  CopyReport report;
  report.characters = static_cast<int64_t>(sample.size());
  report.minimum = minimum;
  if (sample.empty()) return report;
  const Symbols symbols(sample);
  if (SuffixAutomaton::bytes(report.characters, symbols.count) > kMaxBytes) {
    throw Error(ErrorKind::kLimit, "sample_too_long",
                fmt::format("cannot look for copies in a sample of {} characters: it would take "
                            "more than {}",
                            sample.size(), byte_size(static_cast<double>(kMaxBytes))),
                "look at a shorter sample");
  }
  const SuffixAutomaton automaton(symbols.sample, symbols.count);
  constexpr int64_t kLongWindow = 32, kShortWindow = 8;
  for (int64_t shortest : {kLongWindow, kShortWindow, int64_t{1}}) {
    shortest = std::min(shortest, minimum);
    std::vector<Match> matches =
        read_corpus_through(automaton, symbols, corpus, static_cast<size_t>(shortest), progress);
    spread(automaton, matches);
    add_matches(automaton, symbols, matches, report);
    if (report.longest >= shortest || shortest == 1) break;
    report.longest = 0;
  }
  return report;
}

}  // namespace charrnn
