#include "train/plan/speed.h"

#include <algorithm>
#include <chrono>

#include "model/cost.h"
#include "model/initial_values.h"
#include "train/validation.h"

namespace charrnn {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// A part of the validation text is enough to estimate the time of all of it. Engines read longer
// parts faster, so this is a slight overestimate.
double validation_seconds(Network& engine, IdView text, double seconds) {
  if (text.size < 2) return 0;
  for (size_t size = std::min<size_t>(text.size, 4096);; size = std::min(text.size, size * 4)) {
    const Clock::time_point start = Clock::now();
    validation_loss(engine, text.part(0, size));
    const double taken = seconds_since(start);
    if (size == text.size || taken > seconds / 8) {
      return taken * static_cast<double>(text.size) / static_cast<double>(size);
    }
  }
}

// Seconds per step, over at least one step and as many as fit into `seconds`. The first step pays
// for page faults and thread start and is not counted.
template <class Step>
double mean_seconds(double seconds, const Step& step) {
  step(0);
  const Clock::time_point start = Clock::now();
  int64_t timed = 0;
  double taken = 0;
  while (timed == 0 || taken < seconds) {
    step(++timed);
    taken = seconds_since(start);
  }
  return taken / static_cast<double>(timed);
}

}  // namespace

double measure_flops(const EngineOptions& options, int vocabulary_size, double seconds) {
  constexpr int kSteps = 32, kStreams = 32;
  const ModelConfig config{.cell = CellKind::kGru,
                           .layers = 1,
                           .hidden_size = 256,
                           .embedding_size = 64,
                           .vocabulary_size = vocabulary_size};
  const std::unique_ptr<TrainableNetwork> engine = make_trainable_network(config, options);
  MersenneTwister generator(0);
  Parameters weights(config);
  fill_like_pytorch(weights, generator);
  engine->load_weights(weights);
  std::vector<int32_t> ids(size_t{kSteps} * kStreams);
  for (int32_t& id : ids) id = static_cast<int32_t>(generator.u32() % vocabulary_size);
  const std::unique_ptr<State> state = engine->new_state(kStreams);
  Update update;
  const double step = mean_seconds(seconds, [&](int64_t number) {
    update.step = number + 1;
    engine->train_step({.steps = kSteps, .streams = kStreams, .inputs = ids, .targets = ids},
                       *state, update);
  });
  return training_flops(config, kSteps, kStreams, false) / step;
}

Speed measure_speed(TrainableNetwork& engine, Batches& batches, IdView validation,
                    const TrainingSettings& settings, double seconds) {
  MersenneTwister generator(0);
  batches.start_epoch(0, generator);
  const std::unique_ptr<State> state = engine.new_state(batches.streams());
  BatchIds ids;
  Update update = update_of(settings);
  update.learning_rate = 1e-6f;
  const double step = mean_seconds(seconds, [&](int64_t number) {
    batches.fill(number % batches.batches_per_epoch(), ids);
    update.step = number + 1;
    engine.train_step({.steps = batches.steps(),
                       .streams = batches.streams(),
                       .inputs = ids.inputs,
                       .targets = ids.targets,
                       .objective = settings.objective,
                       .resets = ids.resets,
                       .dropout = dropout_of(settings)},
                      *state, update);
  });
  return {.step = step, .validation = validation_seconds(engine, validation, seconds)};
}

int64_t steps_within(double seconds, const Speed& speed, int64_t validations) {
  const double left = seconds - speed.validation * static_cast<double>(validations);
  return std::max<int64_t>(1, static_cast<int64_t>(left / std::max(speed.step, 1e-9)));
}

}  // namespace charrnn
