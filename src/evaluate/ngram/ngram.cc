#include "evaluate/ngram/ngram.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/error.h"
#include "base/short_number.h"
#include "base/statistics/mean_interval.h"
#include "evaluate/ngram/ngram_counts.h"

namespace charrnn {
namespace {

// D(1), D(2), D(3 and more). For short texts with few counts each D(i) is clamped to 0.05 i … 0.95
// i, so that something is left on both sides.
std::array<double, 3> discounts(const std::array<int64_t, 5>& n) {
  std::array<double, 3> result;
  const double all = static_cast<double>(n[1] + 2 * n[2]);
  const double y = all > 0 ? static_cast<double>(n[1]) / all : 0.5;
  for (int i = 1; i <= 3; ++i) {
    const double ratio = n[i] > 0 ? static_cast<double>(n[i + 1]) / static_cast<double>(n[i]) : 0.5;
    result[i - 1] = std::clamp(i - (i + 1) * y * ratio, 0.05 * i, 0.95 * i);
  }
  return result;
}

// From the probability after the shorter context to that after the found one.
double interpolate(const NgramCounts::Found& found, NgramCounts::Way way,
                   const std::array<double, 3>& discount, double shorter) {
  const NgramCounts::Followers& followers = found.followers[way];
  if (followers.total == 0) return shorter;
  double given = 0;  // to the shorter context
  for (int i = 0; i < 3; ++i) given += discount[i] * followers.characters[i];
  const uint32_t count = found.counts[way];
  const double own = count == 0 ? 0 : count - discount[std::min<uint32_t>(count, 3) - 1];
  return (own + given * shorter) / followers.total;
}

}  // namespace

NgramScores::NgramScores(IdView training, IdView scored, int vocabulary_size,
                         const NgramLimits& limits)
    : training_(training),
      scored_(scored),
      limits_(limits),
      pool_(std::make_unique<ThreadPool>(limits.threads)) {
  if (scored.size < 2 || training.size == 0) {
    throw Error(ErrorKind::kData, "text_too_short",
                "cannot score an n-gram model: it needs a character to train on and two to score",
                "give a longer text");
  }
  const auto max = static_cast<size_t>(limits.max_training);
  if (training_.size > max) training_ = training_.part(training_.size - max, max);
  lower_.assign(scored.size - 1, 1.0 / vocabulary_size);
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

double NgramScores::margin() const {
  MeanInterval losses(static_cast<int64_t>(probabilities_.size()));
  for (const double probability : probabilities_) losses.add(-std::log(probability));
  return losses.margin();
}

bool NgramScores::blend() {
  const NgramCounts counts(training_, scored_, context_, limits_.sampled, limits_.max_bytes, *pool_,
                           limits_.free_threads ? limits_.free_threads() : pool_->threads(),
                           limits_.poll);
  if (!counts.fits()) return false;
  const auto whole = discounts(counts.counts_of_counts(NgramCounts::kOccurrences));
  const auto lefts = discounts(counts.counts_of_counts(NgramCounts::kLefts));
  probabilities_ = lower_;  // for the first characters, which have no context of this length
  for_each_ngram_run(scored_, context_, [&](size_t first, std::span<const NgramPlace> places) {
    for (size_t i = 0; i < places.size(); ++i) {
      if (first + i == 0) continue;  // given
      const NgramCounts::Found found = counts.find(places[i].context_key, places[i].id);
      double& lower = lower_[first + i - 1];
      probabilities_[first + i - 1] = interpolate(found, NgramCounts::kOccurrences, whole, lower);
      lower = interpolate(found, NgramCounts::kLefts, lefts, lower);
    }
  });
  return true;
}

namespace {

// Time budget. The next length takes a little longer than the one before.
class Deadline {
 public:
  explicit Deadline(double seconds) : seconds_(seconds) {}

  bool has_time_for_next() {
    const double now = std::chrono::duration<double>(Clock::now() - start_).count();
    const double next = 1.4 * (now - last_);
    last_ = now;
    return now + next <= seconds_;
  }

 private:
  using Clock = std::chrono::steady_clock;
  double seconds_;
  double last_ = 0;
  Clock::time_point start_ = Clock::now();
};

// How many characters can be counted in the time, up to contexts of about five characters.
int64_t countable(double seconds) {
  constexpr double kCharactersPerSecond = 1e6, kMin = 20'000;
  return static_cast<int64_t>(std::clamp(kCharactersPerSecond * seconds, kMin, 1e15));
}

void add_note(NgramReport& report, const std::string& note) {
  report.note += report.note.empty() ? note : "; " + note;
}

}  // namespace

NgramReport ngram_report(IdView training, IdView scored, int vocabulary_size,
                         const NgramLimits& given, const std::function<void(int)>& progress) {
  Deadline deadline(given.seconds);
  NgramLimits limits = given;
  limits.max_training = std::min(limits.max_training, countable(limits.seconds));
  NgramScores scores(training, scored, vocabulary_size, limits);
  NgramReport report;
  bool in_time = true;
  do {
    report.losses.push_back(scores.loss());
    if (report.losses.size() == 1 || report.losses.back() < report.losses[report.best_context]) {
      report.best_context = scores.context();
      report.best_margin = scores.margin();
    }
    if (progress) progress(scores.context());
    in_time = deadline.has_time_for_next();
  } while (scores.context() < report.best_context + 2 && in_time && scores.lengthen());
  report.best_loss = report.losses[report.best_context];
  report.training_characters = scores.training_characters();
  report.predicted = static_cast<int64_t>(scored.size) - 1;
  if (static_cast<size_t>(report.training_characters) < training.size) {
    add_note(report, fmt::format("learned from the last {} of {}",
                                 grouped(report.training_characters), grouped(training.size)));
  }
  if (scores.out_of_memory()) {
    add_note(report, fmt::format("contexts longer than {} need more than {}", scores.context(),
                                 byte_size(static_cast<double>(limits.max_bytes))));
  }
  if (!in_time && scores.context() < std::min(report.best_context + 2, limits.max_context)) {
    add_note(report, fmt::format("no time for contexts longer than {}", scores.context()));
  }
  return report;
}

}  // namespace charrnn
