#include "app/terminal/figures_text.h"

#include <fmt/core.h>

#include <cmath>
#include <numbers>

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
  std::string text = fmt::format("{:.3f} bits per character ({}",
                                 baseline.compressor_bits_per_character, baseline.compressor);
  if (!baseline.compressor_note.empty()) text += "; " + baseline.compressor_note;
  return text + ")";
}

}  // namespace charrnn
