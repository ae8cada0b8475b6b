// An n-gram model as the figure that a network must beat: interpolated, trained on one part of a
// text, scored on another. Only contexts that occur in the scored part are counted, one length
// after the other, so that memory goes with the scored part.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "text/id_array.h"

namespace charrnn {

struct NgramLimits {
  int max_context = 8;                       // characters
  int64_t max_training = int64_t{64} << 20;  // characters; of a longer text the last ones are used
  int64_t max_bytes = int64_t{1} << 30;      // of tables; longer contexts are left out
};

// Witten and Bell's interpolation (1991). With N(h) the number of times that context h is followed
// by a character in training, T(h) the number of different characters that follow it and h' the
// context without its first character:
//   p(c | h) = (N(h c) + T(h) p(c | h')) / (N(h) + T(h)),   p(c | h') where N(h) = 0;
// below the empty context stands 1 / vocabulary_size.
class NgramScores {
 public:
  // Context length 0. Both views must outlive this. Contexts of the first scored characters do not
  // reach back before the scored part, as in evaluate(); its first character is given.
  NgramScores(IdView training, IdView scored, int vocabulary_size, const NgramLimits& limits = {});

  // Goes on to contexts that are longer by one. False, with nothing changed, where a limit forbids
  // it.
  bool lengthen();

  int context() const { return context_; }
  // Of each scored character but the first.
  std::span<const double> probabilities() const { return probabilities_; }
  double loss() const;  // mean, nats a character
  int64_t training_characters() const { return static_cast<int64_t>(training_.size); }
  bool out_of_memory() const { return out_of_memory_; }

 private:
  bool blend();

  IdView training_;
  IdView scored_;
  NgramLimits limits_;
  int context_ = 0;
  bool out_of_memory_ = false;
  std::vector<double> probabilities_;
};

struct NgramReport {
  std::vector<double> losses;  // by context length, from 0; nats a character
  int best_context = 0;
  double best_loss = 0;
  int64_t training_characters = 0;
  int64_t predicted = 0;
  std::string note;  // what a limit has changed, or empty
};

// Lengthens the context until two lengths in a row have not helped. progress: after each length;
// may throw to stop. A scored part of fewer than two characters or an empty training part throws
// Error (kData).
NgramReport ngram_report(IdView training, IdView scored, int vocabulary_size,
                         const NgramLimits& limits = {},
                         const std::function<void(int context)>& progress = {});

}  // namespace charrnn
