#include "evaluate/ngram/comparison.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/short_number.h"

namespace charrnn {
namespace {

std::string with_note(std::string name, const std::string& note) {
  return note.empty() ? name : fmt::format("{} ({})", name, note);
}

}  // namespace

BestBaseline best_of(const Baseline& baseline, std::string_view unit) {
  BestBaseline best;
  const double compressor = baseline.compressor_bits_per_character * std::numbers::ln2;
  best.of_several = std::isfinite(baseline.ngram_loss) && std::isfinite(compressor);
  if (std::isfinite(baseline.ngram_loss)) {
    const int context = baseline.ngram_context;
    best.loss = baseline.ngram_loss;
    best.sees_nothing = context == 0 && baseline.ngram_is_conclusive;
    best.name = with_note(context == 0 ? fmt::format("counting how often each {} occurs", unit)
                                       : fmt::format("an n-gram model that sees {} {}{}", context,
                                                     unit, context == 1 ? "" : "s"),
                          baseline.ngram_note);
  }
  if (std::isfinite(compressor) && !(best.loss <= compressor)) {
    best.loss = compressor;
    best.sees_nothing = false;
    best.name = with_note(baseline.compressor, baseline.compressor_note);
  }
  return best;
}

Standing standing(double loss, const BestBaseline& best) {
  if (!std::isfinite(loss) || !std::isfinite(best.loss)) return Standing::kUnknown;
  constexpr double kAlike = 0.01, kNothing = 0.002;  // of the loss; nats
  if (std::abs(loss - best.loss) <= std::max(kAlike * best.loss, kNothing)) return Standing::kAlike;
  return loss < best.loss ? Standing::kBetter : Standing::kWorse;
}

std::string comparison_text(double loss, const BestBaseline& best, std::string_view unit) {
  std::string text = fmt::format("{}{} needs {:.3f} bits per {}: ", best.name,
                                 best.of_several ? ", the better of two baselines," : "",
                                 best.loss / std::numbers::ln2, unit);
  const double share = 100 * std::abs(best.loss - loss) / best.loss;
  switch (standing(loss, best)) {
    case Standing::kBetter:
      return text + fmt::format("the network needs {:.1f} % less.", share);
    case Standing::kWorse:
      if (const double times = loss / best.loss; times > 2) {
        return text + fmt::format("the network needs {} times as much.",
                                  times < 10
                                      ? fmt::format("{:.1f}", times)
                                      : grouped(static_cast<uint64_t>(std::min(times, 1e18))));
      }
      return text + fmt::format("the network needs {:.1f} % more.", share);
    case Standing::kAlike:
      return text + "the network needs about as much.";
    case Standing::kUnknown:
      break;
  }
  return {};
}

}  // namespace charrnn
