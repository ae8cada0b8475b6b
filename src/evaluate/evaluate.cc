#include "evaluate/evaluate.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/error.h"
#include "base/mean_interval.h"

namespace charrnn {
namespace {

// Characters per call of the engine, which evaluates a long piece in parallel slices.
constexpr size_t kPiece = size_t{1} << 16;

void check_length(IdView text) {
  if (text.size >= 2) return;
  throw Error(ErrorKind::kData, "text_too_short",
              fmt::format("cannot evaluate a text of {} character{}: the first is given, and there "
                          "is none left to predict",
                          text.size, text.size == 1 ? "" : "s"),
              "give a text of two characters or more");
}

Evaluation evaluation_of(const MeanInterval& losses) {
  Evaluation result;
  result.characters = losses.count() + 1;
  result.predicted = losses.count();
  result.loss = losses.mean();
  result.margin = losses.margin();
  return result;
}

// resets stays empty if the text is one document.
void mark(const DocumentBorders& borders, IdView text, size_t begin, std::span<const int32_t> ids,
          std::vector<uint8_t>& resets) {
  if (!borders.any()) return;
  resets.resize(ids.size());
  borders.mark(text, begin, ids, resets);
}

}  // namespace

double Evaluation::bits_per_character() const { return loss / std::numbers::ln2; }

double Evaluation::perplexity() const { return std::exp(loss); }

Evaluation evaluate(Engine& engine, IdView text, const std::function<void(int64_t)>& progress,
                    const SurpriseSink& surprise, const DocumentBorders& borders) {
  check_length(text);
  const auto state = engine.new_state(1);
  MeanInterval losses(text.size - 1);
  std::vector<int32_t> ids;
  std::vector<float> piece;
  std::vector<uint8_t> resets;
  for (size_t begin = 0; begin + 1 < text.size; begin += kPiece) {
    const size_t predicted = std::min(kPiece, text.size - 1 - begin);
    ids.resize(predicted + 1);  // the last one is the next piece's first
    piece.resize(predicted);
    text.copy(begin, ids);
    mark(borders, text, begin, ids, resets);
    engine.evaluate(ids, *state, piece, resets);
    losses.add(piece);
    if (surprise) surprise(piece);
    if (progress) progress(begin + predicted + 1);
  }
  return evaluation_of(losses);
}

Evaluation evaluate_dynamically(Engine& engine, IdView text, const DynamicSettings& settings,
                                const std::function<void(int64_t)>& progress,
                                const DocumentBorders& borders) {
  check_length(text);
  const auto state = engine.new_state(1);
  MeanInterval losses(text.size - 1);
  Update update;
  update.learning_rate = static_cast<float>(settings.learning_rate);
  update.clip_limit = static_cast<float>(settings.clip_norm);
  std::vector<int32_t> ids;
  std::vector<uint8_t> resets;
  for (size_t begin = 0; begin + 1 < text.size; begin += settings.steps) {
    const size_t steps = std::min<size_t>(settings.steps, text.size - 1 - begin);
    ids.resize(steps + 1);
    text.copy(begin, ids);
    const std::span<const int32_t> all(ids);
    mark(borders, text, begin, all.first(steps), resets);
    const Batch batch{.steps = static_cast<int>(steps),
                      .streams = 1,
                      .inputs = all.first(steps),
                      .targets = all.last(steps),
                      .resets = resets};
    const StepResult result = engine.train_step(batch, *state, update);
    if (!result.applied) {
      throw Error(ErrorKind::kDiverged, "dynamic_diverged",
                  fmt::format("dynamic evaluation diverged at character {}", begin + 1),
                  "a smaller --dynamic-rate learns more carefully");
    }
    losses.add(result.loss, static_cast<int64_t>(steps));
    ++update.step;
    if (progress) progress(begin + steps + 1);
  }
  return evaluation_of(losses);
}

}  // namespace charrnn
