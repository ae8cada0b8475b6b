#include "evaluate/ngram/baseline.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/short_number.h"

namespace charrnn {
namespace {

using Clock = std::chrono::steady_clock;

class Stopped {};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

constexpr double kScoredASecond = 1e6, kMinScored = 5e4, kMaxScored = 1 << 20;
constexpr size_t kMinCompressed = 500;

// A conservative estimate of the compressors' characters per second.
constexpr double kThoroughSpeed = 6e5, kQuickSpeed = 6e6;

void add_ngram(Baseline& baseline, IdView training, IdView scored, int vocabulary_size,
               double seconds, const std::function<bool()>& should_stop) {
  NgramLimits limits;
  limits.seconds = seconds;
  const NgramReport report = ngram_report(training, scored, vocabulary_size, limits, [&](int) {
    if (should_stop && should_stop()) throw Stopped();
  });
  baseline.ngram_loss = report.best_loss;
  baseline.ngram_margin = report.best_margin;
  baseline.ngram_context = report.best_context;
  baseline.ngram_note = report.note;
  baseline.ngram_is_conclusive =
      static_cast<int>(report.losses.size()) > report.best_context + 1 &&
      2 * report.training_characters >= static_cast<int64_t>(training.size);
}

void add_compressor(Baseline& baseline, const Vocabulary& vocabulary, IdView training,
                    IdView scored, double seconds, const std::function<bool()>& should_stop) {
  CompressionLimits limits;
  const auto characters = [&] {
    return static_cast<double>(std::min(training.size, limits.max_training) + scored.size);
  };
  limits.quick = characters() > kThoroughSpeed * seconds;
  if (limits.quick) {
    const double room = kQuickSpeed * seconds - static_cast<double>(scored.size);
    if (room < 0.25 * static_cast<double>(std::min(training.size, limits.max_training))) return;
    limits.max_training = std::min(limits.max_training, static_cast<size_t>(room));
  }
  // A slower or busy machine ends it without a figure.
  const Clock::time_point start = Clock::now();
  const auto is_over = [&] {
    return (should_stop && should_stop()) || seconds_since(start) > 1.5 * seconds;
  };
  const CompressionReport report =
      compression_report(vocabulary, training, scored, limits, is_over);
  if (report.scored_characters == 0) return;
  baseline.compressor_bits_per_character = report.bits_per_character;
  baseline.compressor = limits.quick ? kQuickCompressorName : kCompressorName;
  const auto seen = static_cast<size_t>(report.training_characters);
  if (seen < training.size) {
    baseline.compressor_note =
        fmt::format("learned from the last {} of {}", grouped(seen), grouped(training.size));
  }
}

}  // namespace

Baseline measure_baseline(const Vocabulary& vocabulary, IdView training, IdView held_out,
                          double seconds, const std::function<bool()>& should_stop) {
  const Clock::time_point start = Clock::now();
  Baseline baseline;
  if (training.size == 0 || held_out.size < 2) return baseline;
  const double most = std::clamp(kScoredASecond * seconds, kMinScored, kMaxScored);
  const IdView scored = held_out.part(0, std::min(held_out.size, static_cast<size_t>(most)));
  baseline.scored_characters = static_cast<int64_t>(scored.size);
  try {
    add_ngram(baseline, training, scored, vocabulary.size(), 0.6 * seconds, should_stop);
    // On a few lines the compressor's headers would dominate.
    if (scored.size >= kMinCompressed) {
      add_compressor(baseline, vocabulary, training, scored, seconds - seconds_since(start),
                     should_stop);
    }
  } catch (const Stopped&) {
  }
  baseline.seconds = seconds_since(start);
  return baseline;
}

}  // namespace charrnn
