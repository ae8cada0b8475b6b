// An n-gram model as a baseline: trained on one part of a text, scored on another. Contexts are
// counted one length at a time, so memory grows with the scored part only.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "text/characters/id_array.h"

namespace charrnn {

struct NgramLimits {
  int max_context = 8;                       // characters
  int64_t max_training = int64_t{64} << 20;  // characters; of a longer text the last ones are used
  int64_t max_bytes = int64_t{1} << 30;      // of tables; longer contexts are left out
  int64_t sampled = 1 << 18;  // characters of training that the discounts are estimated from
  // Time for a report. If it is short, the training text is cut as by max_training, then longer
  // contexts are left out; the note says so.
  double seconds = std::numeric_limits<double>::infinity();
  int threads = 1;  // to count on; the figures do not depend on them; 0: one for each core
  // How many of them are free now, asked for each context length; may be empty: all.
  std::function<int()> free_threads;
  // Called now and then while counting, on the caller's thread; may throw to stop.
  std::function<void()> poll;
};

// Interpolated modified Kneser-Ney (Chen and Goodman 1999). With N(h c) the number of times that
// character c follows context h in training, N(h) their sum over c, and h' the context without its
// first character:
//   p(c | h) = (N(h c) - D(N(h c)) + g(h) q(c | h')) / N(h),   q(c | h') where N(h) = 0
//   g(h)     = D(1) n_1(h) + D(2) n_2(h) + D(3) n_3+(h): what the discounts took from the
//              characters that follow once, twice, and more often
// q is the same with every N(h c) replaced by the number of different characters that stand before
// "h c"; the empty context backs off to 1 / vocabulary_size. The discounts of each length and way
// of counting are estimated from n_i, the number of different "h c" with count i:
//   Y = n_1 / (n_1 + 2 n_2),   D(i) = i - (i + 1) Y n_(i+1) / n_i   for i = 1, 2, and 3 and more.
class NgramScores {
 public:
  // Starts with context length 0. Both texts must outlive this. Contexts of the first scored
  // characters do not reach back before the scored part, as in evaluate(); its first character is
  // given.
  NgramScores(IdView training, IdView scored, int vocabulary_size, const NgramLimits& limits = {});

  // Extends contexts by one character. False, with nothing changed, if a limit forbids it.
  bool lengthen();

  int context() const { return context_; }
  // Of each scored character but the first.
  std::span<const double> probabilities() const { return probabilities_; }
  double loss() const;    // mean, nats per character
  double margin() const;  // from the spread within the scored text
  int64_t training_characters() const { return static_cast<int64_t>(training_.size); }
  bool out_of_memory() const { return out_of_memory_; }

 private:
  bool blend();

  IdView training_;
  IdView scored_;
  NgramLimits limits_;
  std::unique_ptr<ThreadPool> pool_;
  int context_ = 0;
  bool out_of_memory_ = false;
  std::vector<double> probabilities_;  // p
  std::vector<double> lower_;          // q of the same context length
};

struct NgramReport {
  std::vector<double> losses;  // by context length, from 0; nats per character
  int best_context = 0;
  double best_loss = 0;
  double best_margin =
      0;  // from the spread within the text (base/statistics/mean_interval.h); may be NaN
  int64_t training_characters = 0;
  int64_t predicted = 0;
  std::string note;  // what a limit changed, or empty
};

// Lengthens the context until two lengths in a row have not helped. progress: after each length;
// may throw to stop. A scored part of fewer than two characters or an empty training part throws
// Error (kData).
NgramReport ngram_report(IdView training, IdView scored, int vocabulary_size,
                         const NgramLimits& limits = {},
                         const std::function<void(int context)>& progress = {});

}  // namespace charrnn
