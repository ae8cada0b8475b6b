// What a training has come to, in a few sentences: what was reached, beside the better baseline on
// the same characters, what limits it, and what to try. Every sentence follows from the figures
// here by the rules in outcome.cc and by nothing else.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "evaluate/likeness.h"
#include "evaluate/ngram/comparison.h"

namespace charrnn {

// Losses in nats per character, of the kept model unless said otherwise; NaN: not measured.
struct Outcome {
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

  // The run.
  std::string_view unit = "character";  // or "byte"
  int vocabulary_size = 0;
  int hidden_size = 0;
  double learning_rate = 0;  // the highest
  double output_dropout = 0;
  double passes = 0;           // over the training part, 1.5 being one and a half
  int64_t step = 0;            // steps taken
  int64_t best_step = 0;       // of the kept model
  bool interrupted = false;    // by the user
  bool stopped_early = false;  // for want of gain
  bool by_time = false;        // the length was a time

  // The held-out part.
  bool is_held_out = true;    // there is one
  bool is_too_short = false;  // for the part that was to be held out
  double loss = kNone;
  double margin = kNone;     // from the spread within the held-out part
  double last_loss = kNone;  // at the end of training
  // The training part.
  double training_loss = kNone;      // of stretches of it, read as the held-out part is
  double running_loss = kNone;       // mean over recent steps, dropout included, at best_step
  double last_running_loss = kNone;  // the same at the end

  // Network and baselines on the same characters, the first of the held-out part.
  Baseline baseline;
  double compared_loss = kNone;

  Likeness likeness;  // of the held-out part to the training part

  // Of what the model writes, and of as long a piece of the held-out part: the share in stretches
  // that stand in the training part.
  double copied_share = kNone;
  double held_out_copied_share = kNone;
};

// What keeps the loss from being lower, as far as the figures show it.
enum class Limit {
  kInterrupted,     // the run did not come to its end
  kNothingHeldOut,  // no figure on other text
  kDiverged,        // worse than all characters alike
  kNoPattern,       // no better than how often each character occurs, nor are the baselines
  kPredictable,     // next to nothing is left to gain
  kUnlike,          // the held-out part is unlike the training part
  kOverfitting,     // the training part is predicted far better
  kUnstable,        // training made it worse again, on the training part as well
  kFewPasses,       // still getting better when the run ended
  kSmall,           // more of the same does not help, and the two parts are predicted alike
  kBalanced,        // none of these stands out
};
Limit limit_of(const Outcome& outcome);
std::string_view limit_name(Limit limit);  // in JSON

// Whether the network writes much more of its training text word for word than another text of the
// same kind has in common with it. Never of a run of one pass.
bool has_memorised(const Outcome& outcome);

// One or two sentences of each kind, in this order. None contradicts another: all that judges
// follows from standing() and limit_of().
std::vector<std::string> sentences(const Outcome& outcome);

}  // namespace charrnn
