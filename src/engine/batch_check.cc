#include "engine/batch_check.h"

#include <algorithm>

#include "base/error.h"

namespace charrnn {

void check_batch(const Batch& batch, const State& state, const ModelConfig& config) {
  check(batch.steps > 0 && batch.streams > 0, "a batch has steps and streams");
  check(state.streams() == batch.streams, "a state has as many streams as its batch");
  const size_t all = static_cast<size_t>(batch.steps) * batch.streams;
  check(batch.inputs.size() == all, "a batch has an input for each step and stream");
  check(batch.resets.empty() || batch.resets.size() == all,
        "a batch says of each step and stream whether its state is reset, or of none");
  check(batch.targets.size() ==
            (batch.objective == Objective::kAll ? all : static_cast<size_t>(batch.streams)),
        "a batch has a target for each prediction");
  const auto known = [&](int32_t id) { return id >= 0 && id < config.vocabulary_size; };
  check(std::ranges::all_of(batch.inputs, known) && std::ranges::all_of(batch.targets, known),
        "ids are characters of the vocabulary");
}

}  // namespace charrnn
