#include "app/terminal/figures_text.h"

#include <fmt/core.h>

#include <cmath>
#include <numbers>

namespace charrnn {
namespace {

// What an n-gram model that sees so many characters has learned.
std::string counted(int context, std::string_view unit) {
  if (context == 0) return fmt::format("how often each {} occurs", unit);
  return fmt::format("what follows {} {}{}", context, unit, context == 1 ? "" : "s");
}

}  // namespace

double bits(double nats) { return nats / std::numbers::ln2; }

std::string loss_text(double nats, double margin, std::string_view unit) {
  if (std::isnan(margin)) {
    return fmt::format("{:.4f} nats = {:.3f} bits per {}", nats, bits(nats), unit);
  }
  return fmt::format("{:.4f} ± {:.4f} nats = {:.3f} ± {:.3f} bits per {}", nats, margin, bits(nats),
                     bits(margin), unit);
}

std::string ngram_text(const Baseline& baseline, std::string_view unit) {
  std::string text =
      fmt::format("{} (an n-gram model: counts {}", loss_text(baseline.ngram_loss, NAN, unit),
                  counted(baseline.ngram_context, unit));
  if (!baseline.ngram_note.empty()) text += "; " + baseline.ngram_note;
  return text + ")";
}

std::string compressor_text(const Baseline& baseline, std::string_view unit) {
  std::string text = fmt::format("{:.3f} bits per {} ({}", baseline.compressor_bits_per_character,
                                 unit, baseline.compressor);
  if (!baseline.compressor_note.empty()) text += "; " + baseline.compressor_note;
  return text + ")";
}

}  // namespace charrnn
