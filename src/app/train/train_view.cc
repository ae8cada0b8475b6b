#include "app/train/train_view.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "app/process/signals.h"
#include "app/terminal/figures_text.h"
#include "generate/generator.h"
#include "model/parameters.h"

namespace charrnn {
namespace {

// Losses of single steps fluctuate: the display averages over about twenty.
constexpr double kSmoothing = 0.05;

}  // namespace

TrainView::TrainView(const Context& context, const TrainSetup& setup,
                     const TrainingSettings& settings, TrainingPage* page)
    : context_(context),
      setup_(setup),
      settings_(settings),
      page_(page),
      line_(context.err, "train", context.common.quiet) {}

bool TrainView::stop() {
  const std::string lost = page_ == nullptr ? std::string() : page_->lost();
  if (!lost.empty()) warned(lost);
  return requested_signal() != 0;
}

ProgressState TrainView::state(const TrainingProgress& progress) const {
  ProgressState state;
  state.done = static_cast<double>(progress.step);
  state.total = static_cast<double>(progress.total_steps);
  state.elapsed = progress.seconds;
  state.units_per_second = pace_;
  if (std::isfinite(smooth_loss_)) state.details += fmt::format("loss {:.3f}", smooth_loss_);
  if (std::isfinite(progress.validation_loss)) {
    state.details += fmt::format(" val {:.3f} bpc {:.2f}", progress.validation_loss,
                                 bits(progress.validation_loss));
  }
  state.details += fmt::format(" lr {:.1e}", progress.learning_rate);
  return state;
}

void TrainView::stepped(const TrainingProgress& progress, double loss) {
  step_ = progress.step;
  if (std::isfinite(loss)) {
    smooth_loss_ =
        std::isnan(smooth_loss_) ? loss : smooth_loss_ + kSmoothing * (loss - smooth_loss_);
  }
  if (!line_.due() && pace_seconds_ >= 0) return;
  if (pace_seconds_ < 0) {
    pace_seconds_ = progress.seconds;
    pace_characters_ = progress.characters;
  } else if (const double passed = progress.seconds - pace_seconds_; passed >= 0.5) {
    const double now = static_cast<double>(progress.characters - pace_characters_) / passed;
    pace_ = pace_ == 0 ? now : pace_ + 0.3 * (now - pace_);
    pace_seconds_ = progress.seconds;
    pace_characters_ = progress.characters;
  }
  line_.update(state(progress));
}

void TrainView::reported(const Report&) {}

void TrainView::validated(const TrainingProgress& progress, bool is_best) {
  if (!line_.live()) return line_.show(state(progress));
  if (context_.common.verbose) {
    line_.say(fmt::format("step {}: validation loss {:.4f}, {:.4f} bits per character{}",
                          progress.step, progress.validation_loss, bits(progress.validation_loss),
                          is_best ? context_.err.good(" (best)") : ""));
  }
  line_.update(state(progress));
}

void TrainView::warned(const std::string& warning) {
  line_.say(fmt::format("{} {}", context_.err.warning("warning:"), printable(warning)));
}

// Sampling has a generator of its own, so training continues as if there were no sample.
void TrainView::sample(Network& engine) {
  const Vocabulary& vocabulary = setup_.corpus.vocabulary;
  TextRequest request;
  request.prompt = vocabulary.encode(settings_.sample_prompt).ids;
  request.seed = setup_.seed;
  request.index = static_cast<uint64_t>(samples_++);
  request.max_characters = settings_.sample_length;
  Generator generator(engine, vocabulary, 1);
  if (settings_.documents == DocumentKind::kLines) {
    generator.forget_before(vocabulary.find(U'\n').value_or(-1));
  }
  std::string text = vocabulary.text(request.prompt);
  generator.add(std::move(request), [&](const TextPiece& piece) { text += piece.text; });
  while (generator.step()) {
  }
  const std::string problem = setup_.run->append_sample(step_, text);
  if (!problem.empty()) warned(problem);
  line_.say(context_.err.dim("── sample ──────────"));
  line_.say(printable(text));
  line_.say(context_.err.dim("────────────────────"));
}

}  // namespace charrnn
