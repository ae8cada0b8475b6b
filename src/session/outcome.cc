#include "session/outcome.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <numbers>
#include <utility>

#include "base/short_number.h"

namespace charrnn {
namespace {

// A network that has seen each character at most once or so predicts its training part as well as
// any other text: below this many passes nothing is overfitted or memorised.
constexpr double kOnePass = 1.5;
constexpr double kFewPasses = 3;
constexpr double kGap = 0.1;           // of the loss: between the parts, from which it counts
constexpr double kSmallGap = 0.03;     // below which the parts are predicted alike
constexpr double kMinGap = 0.03;       // nats
constexpr double kTurned = 1.005;      // of the lowest held-out loss: it has risen again
constexpr double kPredictable = 0.02;  // nats
constexpr double kNearUniform = 0.99;  // of the loss of all characters alike
constexpr double kNotQuite = 0.05;     // of the best baseline's loss
constexpr double kMostlyKnown = 0.5;   // of the held-out part, word for word
constexpr int64_t kMinEvidence = 500;  // held-out characters, from which a text is called random
constexpr double kMaxShown = 20;       // nats, above which a perplexity tells nothing

double bits_of(double nats) { return nats / std::numbers::ln2; }

// The loss of the training part. Dropout raises the running loss, so with it overfitting is
// missed sooner than claimed.
double known_loss(const Outcome& o) {
  return std::isfinite(o.training_loss) ? o.training_loss : o.running_loss;
}

// How much harder the held-out part is, beyond what the text itself accounts for.
double gap(const Outcome& o) {
  const double whole = o.loss - known_loss(o);
  return o.likeness.is_unlike() ? whole - o.likeness.difference() : whole;
}

bool has_gap(const Outcome& o) { return gap(o) > std::max(kMinGap, kGap * o.loss); }

bool has_turned(const Outcome& o) { return o.best_step < o.step && o.last_loss > kTurned * o.loss; }

// The last steps still lowered the held-out loss, which is above what the baselines reach.
bool falls_short(const Outcome& o) {
  return o.best_step == o.step && !o.stopped_early &&
         standing(o.compared_loss, best_of(o.baseline, o.unit)) == Standing::kWorse;
}

// While the held-out loss gained nothing more, the training loss fell on.
bool learns_the_training_part_alone(const Outcome& o) {
  return o.stopped_early && o.best_step < o.step &&
         o.last_running_loss < o.running_loss - std::max(kMinGap, kGap * o.running_loss);
}

bool kept_a_late_model(const Outcome& o) {
  return static_cast<double>(o.best_step) >= 0.75 * static_cast<double>(o.step);
}

double uniform_loss(const Outcome& o) { return std::log(std::max(o.vocabulary_size, 2)); }

// As good as knowing how often each character occurs, or not quite after many passes, and that is
// all that the baselines found as well; or both are no better than taking all characters as alike.
bool has_no_pattern(const Outcome& o) {
  if (o.baseline.scored_characters < kMinEvidence) return false;
  const BestBaseline best = best_of(o.baseline, o.unit);
  switch (standing(o.compared_loss, best)) {
    case Standing::kAlike:
      return best.sees_nothing || best.loss > kNearUniform * uniform_loss(o);
    case Standing::kWorse:
      return best.sees_nothing && o.passes >= kFewPasses &&
             o.compared_loss < (1 + kNotQuite) * best.loss;
    case Standing::kBetter:
    case Standing::kUnknown:
      break;
  }
  return false;
}

// Worse than with all characters alike: on the held-out part.
bool is_above_uniform(const Outcome& o) {
  return std::max(o.loss, o.last_loss) > uniform_loss(o) / kNearUniform;
}

// And on the training part.
bool has_blown_up(const Outcome& o) {
  return !(std::max(known_loss(o), o.last_running_loss) <= uniform_loss(o) / kNearUniform);
}

// On the held-out part alone, and by the best of its models.
bool learned_something_else(const Outcome& o) {
  return o.loss > uniform_loss(o) / kNearUniform && !has_blown_up(o);
}

std::string bits_text(double nats, const Outcome& o) {
  return fmt::format("{:.3f} bits per {}", bits_of(nats), o.unit);
}

std::string passes_text(double passes) {
  if (passes < 0.95) return fmt::format("{:.0f} % of its text", 100 * passes);
  return passes < kOnePass ? "its text once" : fmt::format("its text {:.2g} times", passes);
}

std::string reached(const Outcome& o) {
  if (!std::isfinite(o.loss)) return {};
  const std::string margin =
      std::isfinite(o.margin) ? fmt::format(", ± {:.4f} by the spread within this part", o.margin)
                              : "";
  const std::string perplexity =
      o.loss < kMaxShown ? fmt::format(", perplexity {:.1f}", std::exp(o.loss)) : "";
  return fmt::format(
      "On the held-out part the model of step {}, the best one measured, needs {} ({:.4f} "
      "nats{}{}).",
      grouped(static_cast<uint64_t>(o.best_step)), bits_text(o.loss, o), o.loss, margin,
      perplexity);
}

std::string beside_baseline(const Outcome& o) {
  const std::string text = comparison_text(o.compared_loss, best_of(o.baseline, o.unit), o.unit);
  if (text.empty()) return {};
  // The whole held-out part, or its beginning.
  const bool whole = o.compared_loss == o.loss;
  return fmt::format(
      "On the {} {} {}s{}, {}", whole ? "same" : "first",
      grouped(static_cast<uint64_t>(o.baseline.scored_characters)), o.unit,
      whole ? "" : fmt::format(" of it, where the network needs {:.3f}", bits_of(o.compared_loss)),
      text);
}

std::string unlike_text(const Outcome& o) {
  const Likeness& l = o.likeness;
  return fmt::format(
      "The held-out part is unlike the rest of the text: counting pairs of {}s needs {:.2f} bits "
      "per {} there, and {:.2f} to {:.2f} in stretches of the training part. That difference is "
      "the text's, not the network's.",
      o.unit, bits_of(l.held_out), o.unit, bits_of(l.least), bits_of(l.most));
}

// "on its training text it needs 1.100 bits"; empty where that was not measured.
std::string on_training_text(const Outcome& o) {
  if (std::isnan(o.training_loss)) return {};
  return fmt::format("on its training text it needs {:.3f} bits", bits_of(o.training_loss));
}

std::string overfitting_text(const Outcome& o) {
  const bool unlike = o.likeness.is_unlike();
  std::string text =
      unlike ? unlike_text(o) + " The network overfits as well" : std::string("It overfits");
  std::string_view joint = ": ";
  std::string known = on_training_text(o);
  if (known.empty() && has_gap(o)) {
    known = fmt::format("its training loss is {:.3f} bits", bits_of(known_loss(o)));
  }
  if (!known.empty()) {
    text += fmt::format("{}{}", std::exchange(joint, ", and "), known);
  }
  if (has_turned(o)) {
    text += fmt::format("{}the held-out loss rose from {:.4f} to {:.4f} nats after step {}", joint,
                        o.loss, o.last_loss, grouped(static_cast<uint64_t>(o.best_step)));
  } else if (learns_the_training_part_alone(o)) {
    text += fmt::format(
        "{}after step {} the training loss fell from {:.3f} to {:.3f} bits while the held-out loss "
        "fell no further",
        joint, grouped(static_cast<uint64_t>(o.best_step)), bits_of(o.running_loss),
        bits_of(o.last_running_loss));
  }
  return text + ".";
}

std::string few_passes_text(const Outcome& o) {
  return fmt::format("It has seen {}{}.", passes_text(o.passes),
                     kept_a_late_model(o) && !has_turned(o) ? " and was still getting better" : "");
}

std::string small_text(const Outcome& o) {
  std::string known = on_training_text(o);
  if (known.empty()) {
    known = fmt::format("it has seen {}", passes_text(o.passes));
  } else {
    const std::string_view beside = gap(o) > kSmallGap * o.loss ? "hardly fewer"
                                    : gap(o) < -kGap * o.loss   ? "more"
                                                                : "about as many";
    known += fmt::format(", {}, after {:.2g} passes", beside, o.passes);
  }
  known.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(known.front())));
  // What is better than the baselines may be as good as can be.
  const bool is_worse = standing(o.compared_loss, best_of(o.baseline, o.unit)) == Standing::kWorse;
  return fmt::format("{}: the network is small for this text{}{}.", known,
                     o.stopped_early ? ""
                     : is_worse      ? ", or needs more passes"
                                     : ", needs more passes",
                     is_worse ? "" : ", or has little left to learn from it");
}

std::string balanced_text(const Outcome& o) {
  const std::string known = on_training_text(o);
  return known.empty() ? known : fmt::format("It overfits little: {}.", known);
}

std::string limit_text(Limit limit, const Outcome& o) {
  switch (limit) {
    case Limit::kInterrupted:
      return "Training was stopped before its end; the model may get better still.";
    case Limit::kNothingHeldOut:
      return o.is_too_short
                 ? "The text is too short to hold a part out for validation, so no figure says how "
                   "well it predicts another text."
                 : "Nothing is held out, so no figure says how well it predicts another text.";
    case Limit::kDiverged:
      if (std::isnan(o.loss)) return "Its loss on the held-out part is not a number.";
      return fmt::format(
          "That is no better than giving all {} {}s the same probability ({:.3f} bits): {}.",
          o.vocabulary_size, o.unit, std::log2(o.vocabulary_size),
          learned_something_else(o)
              ? "what it has learned from the training part does not hold here"
              : "it has learned nothing that lasts");
    case Limit::kNoPattern:
      return fmt::format(
          "Neither network nor baselines found that the {}s before one tell anything about it: the "
          "text looks random.",
          o.unit);
    case Limit::kPredictable:
      return fmt::format("Nearly every {} follows from those before it; little is left to gain.",
                         o.unit);
    case Limit::kUnlike:
      return unlike_text(o);
    case Limit::kOverfitting:
      return overfitting_text(o);
    case Limit::kUnstable:
      return fmt::format(
          "Training was unstable: after step {} the loss rose from {:.4f} to {:.4f} nats, and on "
          "the training text as well.",
          grouped(static_cast<uint64_t>(o.best_step)), o.loss, o.last_loss);
    case Limit::kFewPasses:
      return few_passes_text(o);
    case Limit::kSmall:
      return small_text(o);
    case Limit::kBalanced:
      return balanced_text(o);
  }
  return {};
}

std::string copies_text(Limit limit, const Outcome& o) {
  if (!std::isfinite(o.copied_share)) return {};
  std::string text =
      fmt::format("{}{:.1f} % of what it writes stands word for word in its training text",
                  has_memorised(o) ? "It has memorised passages: " : "", 100 * o.copied_share);
  if (std::isfinite(o.held_out_copied_share)) {
    text += fmt::format(" ({:.1f} % of the held-out part does{})", 100 * o.held_out_copied_share,
                        o.held_out_copied_share > kMostlyKnown && limit != Limit::kPredictable
                            ? ", so its loss there says little about other texts"
                            : "");
  }
  return text + ".";
}

int larger(int hidden_size) { return (3 * hidden_size / 2 + 63) / 64 * 64; }

int smaller(int hidden_size) { return std::max(16, 2 * hidden_size / 3 / 16 * 16); }

std::string more_passes(const Outcome& o) {
  if (o.by_time) return "a longer --time";
  return fmt::format("--epochs {:.0f}", std::max(3.0, std::ceil(2 * o.passes)));
}

std::string lower_rate(const Outcome& o) {
  constexpr double kHighest = 0.01;  // that is worth a try
  return fmt::format("Try a lower learning rate (--learning-rate {:.2g}).",
                     std::min(o.learning_rate / 3, kHighest));
}

// Of a run that learned nothing: nor does it where the rate is next to nothing.
std::string other_rate(const Outcome& o) {
  constexpr double kLow = 1e-3;
  if (has_blown_up(o) || o.learning_rate >= kLow) return lower_rate(o);
  return fmt::format("Try a higher learning rate (--learning-rate {:.2g}).", 10 * o.learning_rate);
}

std::string less_overfitting(const Outcome& o) {
  std::string text = "Try a longer text";
  if (o.output_dropout < 0.45) {
    text += fmt::format(", more dropout (--output-dropout {:.1f})",
                        std::min(0.5, o.output_dropout + 0.2));
  }
  if (o.hidden_size > 16) {
    text += fmt::format(" or a smaller network (--hidden-size {})", smaller(o.hidden_size));
  }
  return text + ".";
}

std::string advice(Limit limit, const Outcome& o) {
  switch (limit) {
    case Limit::kDiverged:
      if (learned_something_else(o)) break;
      return other_rate(o);
    case Limit::kUnstable:
      return lower_rate(o);
    case Limit::kNothingHeldOut:
      return o.is_too_short ? "Try a longer text." : "Try --val-fraction 0.1 to hold a tenth out.";
    case Limit::kUnlike:
      return "Try a text in which all kinds of passages come early and late, or judge the model "
             "with charrnn eval on another text.";
    case Limit::kOverfitting:
      return less_overfitting(o);
    case Limit::kFewPasses:
      return fmt::format("Try {}.", more_passes(o));
    case Limit::kSmall:
      return fmt::format("Try a larger network (--hidden-size {}){}.", larger(o.hidden_size),
                         o.stopped_early ? "" : fmt::format(" or {}", more_passes(o)));
    case Limit::kBalanced:
      return fmt::format("Try a larger network (--hidden-size {}), or a longer text.",
                         larger(o.hidden_size));
    case Limit::kInterrupted:
    case Limit::kNoPattern:
    case Limit::kPredictable:
      break;
  }
  return {};
}

// Of a run that came to its end with a loss below that of all characters alike.
Limit limit_of_training(const Outcome& o) {
  const bool repeated = o.passes >= kOnePass;
  if (o.loss < kPredictable) return Limit::kPredictable;
  const bool is_unlike = o.likeness.is_unlike();
  if (repeated && (has_gap(o) || has_memorised(o))) {
    const bool is_short = falls_short(o) && !has_memorised(o) && !is_unlike;
    return is_short ? Limit::kFewPasses : Limit::kOverfitting;
  }
  if (is_unlike) return Limit::kUnlike;
  if (has_no_pattern(o)) return Limit::kNoPattern;
  if (repeated && learns_the_training_part_alone(o)) return Limit::kOverfitting;
  if (has_turned(o)) {
    if (o.last_running_loss > o.running_loss) return Limit::kUnstable;
    if (repeated) return Limit::kOverfitting;
  }
  if (!repeated || (o.passes < kFewPasses && kept_a_late_model(o))) return Limit::kFewPasses;
  const bool alike = !(gap(o) > std::max(kMinGap, kSmallGap * o.loss));
  const bool is_worse = standing(o.compared_loss, best_of(o.baseline, o.unit)) == Standing::kWorse;
  return alike || is_worse || o.stopped_early ? Limit::kSmall : Limit::kBalanced;
}

}  // namespace

Limit limit_of(const Outcome& o) {
  if (o.interrupted) return Limit::kInterrupted;
  if (!o.is_held_out) return Limit::kNothingHeldOut;
  if (std::isnan(o.loss)) return Limit::kDiverged;
  if (o.loss > kNearUniform * uniform_loss(o) && !has_no_pattern(o)) {
    if (o.likeness.is_unlike()) return Limit::kUnlike;
    if (o.passes >= kOnePass && known_loss(o) < uniform_loss(o) - kMinGap) {
      return Limit::kOverfitting;
    }
    return is_above_uniform(o) || o.passes >= kOnePass ? Limit::kDiverged : Limit::kFewPasses;
  }
  return limit_of_training(o);
}

std::string_view limit_name(Limit limit) {
  constexpr std::string_view kNames[] = {
      "interrupted", "nothing-held-out", "diverged",   "no-pattern", "predictable", "unlike",
      "overfitting", "unstable",         "few-passes", "small",      "balanced"};
  return kNames[static_cast<int>(limit)];
}

bool has_memorised(const Outcome& o) {
  constexpr double kMore = 0.1;  // of what is written
  const double usual = std::isfinite(o.held_out_copied_share) ? o.held_out_copied_share : 0.1;
  return o.passes >= kOnePass && o.copied_share > 2 * usual + kMore;
}

std::vector<std::string> sentences(const Outcome& o) {
  const Limit limit = limit_of(o);
  std::vector<std::string> all = {reached(o), beside_baseline(o), limit_text(limit, o),
                                  copies_text(limit, o), advice(limit, o)};
  std::erase(all, "");
  return all;
}

}  // namespace charrnn
