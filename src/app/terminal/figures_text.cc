#include "app/terminal/figures_text.h"

#include <fmt/core.h>

#include <cmath>
#include <numbers>

#include "app/terminal/number_text.h"

namespace charrnn {
namespace {

// What an n-gram model that sees so many characters has learned.
std::string counted(int context) {
  if (context == 0) return "how often each character occurs";
  return fmt::format("what follows {} character{}", context, context == 1 ? "" : "s");
}

}  // namespace

double bits(double nats) { return nats / std::numbers::ln2; }

std::string loss_text(double nats, double margin) {
  if (std::isnan(margin)) {
    return fmt::format("{:.4f} nats = {:.3f} bits per character", nats, bits(nats));
  }
  return fmt::format("{:.4f} ± {:.4f} nats = {:.3f} ± {:.3f} bits per character", nats, margin,
                     bits(nats), bits(margin));
}

std::string ngram_text(const Baseline& baseline) {
  std::string text =
      fmt::format("{} (an n-gram model: counts {}", loss_text(baseline.ngram_loss, NAN),
                  counted(baseline.ngram_context));
  if (!baseline.ngram_note.empty()) text += "; " + baseline.ngram_note;
  return text + ")";
}

std::string compressor_text(const Baseline& baseline) {
  return fmt::format("{:.3f} bits per character ({})", baseline.compressor_bits_per_character,
                     baseline.compressor);
}

// Both losses are of the same characters. The interval is about other texts, so it does not apply
// here: a far smaller difference is meaningful.
std::string reading_text(double nats, const Baseline& baseline) {
  constexpr double kAlike = 0.01;  // nats
  std::string text =
      fmt::format("lower is better: on average {:.1f} characters are as likely as the right one",
                  std::exp(nats));
  if (std::isnan(baseline.ngram_loss)) return text;
  const double gain = baseline.ngram_loss - nats;
  const std::string seen = counted(baseline.ngram_context);
  if (gain > kAlike) {
    return text + fmt::format(
                      "; the network has learned more than {} ({:.1f} % "
                      "fewer bits)",
                      seen, 100 * gain / baseline.ngram_loss);
  }
  if (gain < -kAlike) {
    return text + fmt::format(
                      "; counting {} does better: more time, a longer text or "
                      "other sizes should help",
                      seen);
  }
  return text + fmt::format("; no more than counting {} gives", seen);
}

std::string overfitting_text(const TrainingProgress& progress) {
  const double best = progress.best_validation_loss;
  if (!std::isfinite(best)) return {};
  std::string text;
  if (progress.best_step < progress.step && progress.validation_loss > 1.005 * best) {
    text = fmt::format(
        "validation turned up after step {}, from {:.4f} to {:.4f} at the end: the "
        "model of that step was kept",
        grouped(static_cast<uint64_t>(progress.best_step)), best, progress.validation_loss);
  }
  // Dropout makes the training loss larger than it is, never smaller.
  const bool turned = !text.empty();
  const double train = turned ? progress.train_loss : progress.best_train_loss;
  if (std::isfinite(train) && train < 0.8 * best) {
    text += fmt::format(
        "{}the training loss is far lower ({:.4f} nats): the network learned its "
        "text by heart; a longer text, more dropout or a smaller network helps",
        turned ? "; " : "", train);
  }
  return text;
}

}  // namespace charrnn
