#include "evaluate/ngram.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "evaluate/count_table.h"

namespace charrnn {
namespace {

struct ContextCounts {
  uint32_t total = 0;     // N(h)
  uint32_t distinct = 0;  // T(h)
};

struct PairCount {
  uint32_t count = 0;  // N(h c)
};

uint64_t pair_key(uint64_t context_key, int32_t id) {
  return mix64(context_key + (static_cast<uint64_t>(id) + 1) * 0x9e3779b97f4a7c15u);
}

// A place in a text: its context's key and the character that follows.
struct Place {
  uint64_t context_key;
  int32_t id;
};

// Calls visit(first, places) for runs of consecutive places of `text` that have a whole context of
// `length` characters before them; `first` is the place of the run's first character in the text.
// The key is a polynomial of the context's ids modulo 2^64, kept up by rolling, then mixed.
template <class Visit>
void for_each_run(IdView text, int length, const Visit& visit) {
  constexpr uint64_t kBase = 0x9e3779b97f4a7c15u;
  constexpr size_t kRun = 256;
  uint64_t oldest = 1;  // kBase^length
  for (int i = 0; i < length; ++i) oldest *= kBase;
  std::vector<int32_t> ids(length + kRun);
  std::array<Place, kRun> places;
  for (size_t begin = length; begin < text.size; begin += kRun) {
    const size_t count = std::min(kRun, text.size - begin);
    text.copy(begin - length, std::span(ids).first(length + count));
    uint64_t hash = 0;
    for (int i = 0; i < length; ++i) hash = hash * kBase + ids[i] + 1;
    for (size_t i = 0; i < count; ++i) {
      places[i] = {mix64(hash + length), ids[i + length]};
      hash = hash * kBase + ids[i + length] + 1 - oldest * (static_cast<uint64_t>(ids[i]) + 1);
    }
    visit(begin, std::span<const Place>(places).first(count));
  }
}

}  // namespace

NgramScores::NgramScores(IdView training, IdView scored, int vocabulary_size,
                         const NgramLimits& limits)
    : training_(training), scored_(scored), limits_(limits) {
  if (scored.size < 2 || training.size == 0) {
    throw Error(ErrorKind::kData, "text_too_short",
                "cannot score an n-gram model: it needs a character to train on and two to score",
                "give a longer text");
  }
  const auto max = static_cast<size_t>(limits.max_training);
  if (training_.size > max) training_ = training_.part(training_.size - max, max);
  probabilities_.assign(scored.size - 1, 1.0 / vocabulary_size);
  check(blend(), "the empty context fits into memory");
}

bool NgramScores::lengthen() {
  if (context_ == limits_.max_context || out_of_memory_) return false;
  ++context_;
  if (blend()) return true;
  --context_;
  out_of_memory_ = true;
  return false;
}

double NgramScores::loss() const {
  double sum = 0;
  for (const double probability : probabilities_) sum -= std::log(probability);
  return sum / static_cast<double>(probabilities_.size());
}

// From p(c | h') to p(c | h) for every scored character.
bool NgramScores::blend() {
  CountTable<ContextCounts> contexts;
  CountTable<PairCount> pairs;
  bool fits = true;
  const auto fit = [&] {  // a table that grows needs room for both its sizes
    const auto limit = static_cast<size_t>(limits_.max_bytes);
    return fits = fits && 3 * std::max(contexts.bytes(), pairs.bytes()) <= limit;
  };
  for_each_run(scored_, context_, [&](size_t, std::span<const Place> places) {
    if (!fit()) return;
    for (const Place& place : places) contexts.insert(place.context_key);
  });
  for_each_run(training_, context_, [&](size_t, std::span<const Place> places) {
    if (!fit()) return;
    for (const Place& place : places) contexts.prefetch(place.context_key);
    for (const Place& place : places) {
      ContextCounts* counts = contexts.find(place.context_key);
      if (counts == nullptr) continue;
      const uint32_t before = pairs.insert(pair_key(place.context_key, place.id)).count++;
      counts->total += 1;
      counts->distinct += before == 0;
    }
  });
  if (!fits) return false;

  for_each_run(scored_, context_, [&](size_t first, std::span<const Place> places) {
    for (size_t i = 0; i < places.size(); ++i) {
      if (first + i == 0) continue;  // given
      const ContextCounts* counts = contexts.find(places[i].context_key);
      if (counts->total == 0) continue;
      const PairCount* pair = pairs.find(pair_key(places[i].context_key, places[i].id));
      double& probability = probabilities_[first + i - 1];
      probability = ((pair == nullptr ? 0 : pair->count) + counts->distinct * probability) /
                    (static_cast<double>(counts->total) + counts->distinct);
    }
  });
  return true;
}

NgramReport ngram_report(IdView training, IdView scored, int vocabulary_size,
                         const NgramLimits& limits, const std::function<void(int)>& progress) {
  NgramScores scores(training, scored, vocabulary_size, limits);
  NgramReport report;
  do {
    report.losses.push_back(scores.loss());
    if (progress) progress(scores.context());
    const int best = report.best_context;
    if (report.losses.back() < report.losses[best]) report.best_context = scores.context();
  } while (scores.context() < report.best_context + 2 && scores.lengthen());
  report.best_loss = report.losses[report.best_context];
  report.training_characters = scores.training_characters();
  report.predicted = static_cast<int64_t>(scored.size) - 1;
  if (static_cast<size_t>(report.training_characters) < training.size) {
    report.note = fmt::format("trained on the last {} of {} characters", report.training_characters,
                              training.size);
  }
  if (scores.out_of_memory()) {
    if (!report.note.empty()) report.note += "; ";
    report.note += fmt::format("contexts of more than {} characters need more than {} MB",
                               scores.context(), limits.max_bytes >> 20);
  }
  return report;
}

}  // namespace charrnn
