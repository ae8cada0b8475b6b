#include "app/train/train_view.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "app/process/signals.h"
#include "app/terminal/figures_text.h"
#include "app/terminal/word_wrap.h"

namespace charrnn {
namespace {

// Losses of single steps fluctuate: the display averages over about twenty.
constexpr double kSmoothing = 0.05;

}  // namespace

TrainView::TrainView(const Context& context) : context_(context) {}

void TrainView::begin(TrainingPage* page, std::string_view unit) {
  page_ = page;
  unit_ = unit;
  line_.emplace(context_.err, "train", context_.common.quiet);
}

bool TrainView::stop() {
  const std::string lost = page_ == nullptr ? std::string() : page_->lost();
  if (!lost.empty()) warned(lost);
  return requested_signal() != 0;
}

void TrainView::say(const std::string& line) { line_ ? line_->say(line) : context_.say(line); }

void TrainView::said(const std::string& note) { say(fitted(context_.err, printable(note))); }

ProgressState TrainView::state(const TrainingProgress& progress) const {
  ProgressState state;
  state.done = static_cast<double>(progress.step);
  state.total = static_cast<double>(progress.total_steps);
  state.elapsed = progress.seconds;
  state.units_per_second = pace_;
  if (std::isfinite(smooth_loss_)) state.details += fmt::format("loss {:.3f}", smooth_loss_);
  if (std::isfinite(progress.validation_loss)) {
    state.details += fmt::format(" val {:.3f} bp{} {:.2f}", progress.validation_loss,
                                 unit_.substr(0, 1), bits(progress.validation_loss));
  }
  state.details += fmt::format(" lr {:.1e}", progress.learning_rate);
  return state;
}

void TrainView::stepped(const TrainingProgress& progress, double loss) {
  if (std::isfinite(loss)) {
    smooth_loss_ =
        std::isnan(smooth_loss_) ? loss : smooth_loss_ + kSmoothing * (loss - smooth_loss_);
  }
  if (!line_->due() && pace_seconds_ >= 0) return;
  if (pace_seconds_ < 0) {
    pace_seconds_ = progress.seconds;
    pace_characters_ = progress.characters;
  } else if (const double passed = progress.seconds - pace_seconds_; passed >= 0.5) {
    const double now = static_cast<double>(progress.characters - pace_characters_) / passed;
    pace_ = pace_ == 0 ? now : pace_ + 0.3 * (now - pace_);
    pace_seconds_ = progress.seconds;
    pace_characters_ = progress.characters;
  }
  line_->update(state(progress));
}

void TrainView::validated(const TrainingProgress& progress, bool is_best) {
  if (!line_->live()) return line_->show(state(progress));
  if (context_.common.verbose) {
    line_->say(fmt::format("step {}: validation loss {:.4f}, {:.4f} bits per {}{}", progress.step,
                           progress.validation_loss, bits(progress.validation_loss), unit_,
                           is_best ? context_.err.good(" (best)") : ""));
  }
  line_->update(state(progress));
}

void TrainView::warned(const std::string& warning) {
  say(fitted(context_.err,
             fmt::format("{} {}", context_.err.warning("warning:"), printable(warning))));
}

void TrainView::sampled(const std::string& text) {
  say(context_.err.dim("── sample ──────────"));
  say(printable(text));
  say(context_.err.dim("────────────────────"));
}

}  // namespace charrnn
