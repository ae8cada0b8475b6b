// The corpus runs once through the sample's suffix automaton.
#include "evaluate/copies.h"

#include <fmt/core.h>

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "base/short_number.h"
#include "evaluate/suffix_automaton.h"

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

std::vector<Match> read_corpus_through(const SuffixAutomaton& automaton, const Symbols& symbols,
                                       IdView corpus,
                                       const std::function<void(int64_t)>& progress) {
  constexpr size_t kPiece = 1 << 16;
  std::vector<Match> matches(automaton.states());
  std::vector<int32_t> ids;
  int32_t state = SuffixAutomaton::start(), length = 0;
  for (size_t begin = 0; begin < corpus.size; begin += kPiece) {
    ids.resize(std::min(kPiece, corpus.size - begin));
    corpus.copy(begin, ids);
    for (size_t i = 0; i < ids.size(); ++i) {
      const int32_t symbol = symbols(ids[i]);
      if (symbol == kForeign) {
        state = SuffixAutomaton::start();
        length = 0;
        continue;
      }
      while (state != SuffixAutomaton::start() &&
             automaton.next(state, symbol) == SuffixAutomaton::kNone) {
        state = automaton.link(state);
        length = automaton.length(state);
      }
      const int32_t next = automaton.next(state, symbol);
      if (next == SuffixAutomaton::kNone) continue;  // at the start, of length 0
      state = next;
      ++length;
      Match& match = matches[state];
      if (length > match.length) match = {length, static_cast<int64_t>(begin + i + 1)};
    }
    if (progress) progress(static_cast<int64_t>(begin + ids.size()));
  }
  return matches;
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
  std::vector<Match> matches = read_corpus_through(automaton, symbols, corpus, progress);
  spread(automaton, matches);

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
    if (match.length >= minimum) {
      // Only characters not covered yet; end - covered_to may reach back over uncovered ones.
      report.copied += end - std::max(covered_to, end - match.length);
      covered_to = end;
    }
  }
  return report;
}

}  // namespace charrnn
