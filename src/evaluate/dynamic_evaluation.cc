#include "evaluate/dynamic_evaluation.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "evaluate/evaluation_parts.h"

namespace charrnn {

Evaluation evaluate_dynamically(TrainableNetwork& network, IdView text,
                                const DynamicSettings& settings,
                                const std::function<void(int64_t)>& progress,
                                const DocumentBorders& borders, const UnknownCharacters& unknown) {
  check_can_evaluate(text, unknown);
  const auto state = network.new_state(1);
  MeanInterval losses = losses_of(text, unknown);
  UnknownCursor cursor(unknown, text.size);
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
    mark_borders(borders, text, begin, all.first(steps), resets);
    const Batch batch{.steps = static_cast<int>(steps),
                      .streams = 1,
                      .inputs = all.first(steps),
                      .targets = all.last(steps),
                      .resets = resets};
    const StepResult result = network.train_step(batch, *state, update);
    if (!result.applied) {
      throw Error(ErrorKind::kDiverged, "dynamic_diverged",
                  fmt::format("dynamic evaluation diverged at character {}", begin + 1),
                  "a smaller --dynamic-rate learns more carefully");
    }
    losses.add(unknown.cost(), cursor.take(begin + steps));
    losses.add(result.loss, static_cast<int64_t>(steps));
    ++update.step;
    if (progress) progress(begin + steps + 1);
  }
  losses.add(unknown.cost(), cursor.take(text.size));
  return evaluation_of(losses, text, unknown);
}

}  // namespace charrnn
