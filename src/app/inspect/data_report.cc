#include "app/inspect/data_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <numeric>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "base/thread_pool.h"
#include "text/characters/display.h"

namespace charrnn {
namespace {

std::vector<int32_t> ids_by_count(const std::vector<uint64_t>& counts) {
  std::vector<int32_t> ids(counts.size());
  std::iota(ids.begin(), ids.end(), 0);
  std::stable_sort(ids.begin(), ids.end(),
                   [&](int32_t a, int32_t b) { return counts[a] > counts[b]; });
  return ids;
}

int percent(int64_t done, size_t all) {
  const auto whole = static_cast<int64_t>(std::max<size_t>(all, 1));
  return static_cast<int>(100 * std::min(done, whole) / whole);
}

// The last ones of the training part, the ones next to what is looked up in it.
IdView last_part(IdView text, int64_t size) {
  const size_t count = std::min(text.size, static_cast<size_t>(size));
  return text.part(text.size - count, count);
}

// Compresses beside the rest, on a thread of its own where there may be several: it takes longest
// and cannot be shared among them.
class Compression {
 public:
  using Progress = std::function<void(std::string_view)>;

  Compression(const Corpus& corpus, const DataLimits& limits, IdView scored, DataReport& report,
              const Progress& progress)
      : progress_(progress) {
    const auto work = [this, &corpus, &limits, scored, &report] {
      compress(corpus, limits.compression, scored, report);
    };
    try {
      const bool alone = limits.threads == 1 || (limits.threads == 0 && usable_cores() == 1);
      future_ = std::async(alone ? std::launch::deferred : std::launch::async, work);
    } catch (const std::system_error&) {  // no thread to be had
      future_ = std::async(std::launch::deferred, work);
    }
  }
  ~Compression() {
    stopped_ = true;
    if (future_.valid() && future_.wait_for(kNow) != std::future_status::deferred) future_.wait();
  }
  Compression(const Compression&) = delete;
  Compression& operator=(const Compression&) = delete;

  // "compressing: 40 %"
  std::string state() const { return fmt::format("compressing: {} %", percent_.load()); }

  // True if it has a core of its own now.
  bool runs() const { return future_.wait_for(kNow) == std::future_status::timeout; }

  // Its exception is thrown here.
  void finish() {
    while (future_.wait_for(std::chrono::milliseconds(100)) == std::future_status::timeout) {
      progress_(state());
    }
    future_.get();
  }

 private:
  struct Stopped {};
  static constexpr std::chrono::seconds kNow{0};

  void compress(const Corpus& corpus, CompressionLimits most, IdView scored, DataReport& report) {
    most.max_scored = std::min(most.max_scored, scored.size);
    const IdView training = report.parts.training;
    const size_t all = std::min(training.size, most.max_training) + most.max_scored;
    int64_t done = 0;
    report.compression = compression_report(corpus.vocabulary, training, scored, most, [&] {
      if (stopped_) throw Stopped();
      percent_ = percent(std::exchange(done, done + kCompressionBlock), all);
      if (std::this_thread::get_id() == caller_) progress_(state());
      return false;
    });
  }

  const Progress& progress_;
  const std::thread::id caller_ = std::this_thread::get_id();
  std::atomic<bool> stopped_ = false;
  std::atomic<int> percent_ = 0;
  std::future<void> future_;
};

// progress: per cent of it.
CopyReport copies_in(IdView training, IdView scored, const DataLimits& limits,
                     const std::function<void(int)>& progress) {
  std::vector<int32_t> sample(std::min(scored.size, limits.copy_characters));
  scored.copy(0, sample);
  training = last_part(training, limits.ngram.max_training);
  return find_copies(sample, training, kLeakLength,
                     [&](int64_t done) { progress(percent(done, training.size)); });
}

}  // namespace

DataReport make_data_report(const Corpus& corpus, double validation_fraction,
                            const DataLimits& limits,
                            const std::function<void(std::string_view)>& progress) {
  DataReport report;
  const int vocabulary_size = corpus.vocabulary.size();
  report.parts = split(corpus, validation_fraction);
  const IdView training = report.parts.training;
  const IdView held_out = report.parts.validation;
  report.has_figures = training.size > 0 && held_out.size > 1;
  const IdView scored = held_out.part(0, std::min(held_out.size, limits.scored_characters));
  report.scored_characters = scored.size;
  std::optional<Compression> compression;
  if (report.has_figures) compression.emplace(corpus, limits, scored, report, progress);

  progress("counting characters");
  report.counts = count_ids(corpus.ids, vocabulary_size);
  report.by_count = ids_by_count(report.counts);
  report.lines = line_statistics(corpus);
  progress("measuring entropies");
  report.entropy_characters = std::min(corpus.ids.size(), limits.entropy_characters);
  report.entropies = conditional_entropies(view(corpus.ids).part(0, report.entropy_characters),
                                           vocabulary_size, 3);
  if (!report.has_figures) return report;
  if (limits.ngrams) {
    NgramLimits ngram = limits.ngram;
    ngram.threads = limits.threads;
    const int threads = limits.threads == 0 ? usable_cores() : limits.threads;
    ngram.free_threads = [&] { return threads - (compression->runs() ? 1 : 0); };
    const std::string_view unit = unit_name(corpus.vocabulary.encoding());
    int context = 0;
    ngram.poll = [&] {
      progress(fmt::format("n-grams that see {} {}{}; {}", context, unit, context == 1 ? "" : "s",
                           compression->state()));
    };
    report.ngram = ngram_report(training, scored, vocabulary_size, ngram,
                                [&](int done) { context = done + 1; });
  }
  report.copies = copies_in(training, scored, limits, [&](int done) {
    progress(fmt::format("looking for copies: {} %; {}", done, compression->state()));
  });
  compression->finish();
  return report;
}

}  // namespace charrnn
