#include "app/bench_work.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "app/process/signals.h"
#include "model/cost.h"
#include "model/initial_values.h"

namespace charrnn {
namespace {

constexpr int kEvaluatedCharacters = 20000;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::vector<int32_t> random_ids(size_t count, int vocabulary_size, uint64_t seed) {
  std::vector<int32_t> ids(count);
  for (size_t i = 0; i < count; ++i) {
    ids[i] = static_cast<int32_t>(counter_key(seed, i) % static_cast<uint64_t>(vocabulary_size));
  }
  return ids;
}

}  // namespace

std::string WorkSettings::name() const {
  const std::string network =
      fmt::format("{} {}x{}", cell_traits(model.cell).name, model.layers, model.hidden_size);
  switch (kind) {
    case WorkKind::kTrain:
      return fmt::format("train {}, batch {} x {}{}", network, streams, steps,
                         objective == Objective::kLast ? ", last step" : "");
    case WorkKind::kSample:
      return fmt::format("sample {}, {} stream{}", network, streams, streams == 1 ? "" : "s");
    case WorkKind::kEvaluate:
      break;
  }
  return fmt::format("evaluate {}", network);
}

Work::Work(const WorkSettings& settings, const EngineOptions& options)
    : settings_(settings),
      precision_(options.precision),
      engine_(make_trainable_network(settings.model, options)) {
  Parameters weights(settings.model);
  MersenneTwister generator(1);
  fill_like_pytorch(weights, generator);
  engine_->load_weights(weights);
  const int vocabulary = settings.model.vocabulary_size;
  const size_t characters = static_cast<size_t>(settings.steps) * settings.streams;
  switch (settings.kind) {
    case WorkKind::kTrain:
      inputs_ = random_ids(characters, vocabulary, 2);
      targets_ = random_ids(settings.objective == Objective::kAll ? characters : settings.streams,
                            vocabulary, 3);
      state_ = engine_->new_state(settings.streams);
      break;
    case WorkKind::kSample:
      inputs_ = random_ids(settings.streams, vocabulary, 2);
      logits_.resize(static_cast<size_t>(settings.streams) * vocabulary);
      state_ = engine_->new_state(settings.streams);
      break;
    case WorkKind::kEvaluate:
      inputs_ = random_ids(kEvaluatedCharacters + 1, vocabulary, 2);
      state_ = engine_->new_state(1);
      break;
  }
  repeat_once();  // first touch of the memory
}

// Returns the characters done.
int64_t Work::repeat_once() {
  switch (settings_.kind) {
    case WorkKind::kTrain: {
      const Batch batch = {.steps = settings_.steps,
                           .streams = settings_.streams,
                           .inputs = inputs_,
                           .targets = targets_,
                           .objective = settings_.objective};
      engine_->train_step(batch, *state_, update_);
      ++update_.step;
      return int64_t{settings_.steps} * settings_.streams;
    }
    case WorkKind::kSample: {
      engine_->advance(inputs_, *state_, logits_);
      // The likeliest character goes in next: the draw is small beside the network.
      const int vocabulary = settings_.model.vocabulary_size;
      for (int i = 0; i < settings_.streams; ++i) {
        const auto row = logits_.begin() + static_cast<ptrdiff_t>(i) * vocabulary;
        inputs_[i] = static_cast<int32_t>(std::max_element(row, row + vocabulary) - row);
      }
      return settings_.streams;
    }
    case WorkKind::kEvaluate:
      break;
  }
  engine_->evaluate(inputs_, *state_);
  return kEvaluatedCharacters;
}

double Work::run(double seconds) {
  const double start = now();
  int64_t characters = 0;
  double elapsed = 0;
  do {
    characters += repeat_once();
    elapsed = now() - start;
  } while (elapsed < seconds && requested_signal() == 0);
  return static_cast<double>(characters) / elapsed;
}

double Work::flops_per_character() const {
  if (settings_.kind != WorkKind::kTrain) return forward_flops(settings_.model);
  const double characters = static_cast<double>(settings_.steps) * settings_.streams;
  return training_flops(settings_.model, settings_.steps, settings_.streams,
                        settings_.objective == Objective::kLast) /
         characters;
}

double Work::limit(const Peak& peak) const {
  const double by_arithmetic = peak.flops / flops_per_character();
  if (settings_.kind != WorkKind::kSample) return by_arithmetic;
  // Threads share one stream's weights between them, each reading its part at its own bandwidth.
  const double bytes = weight_bytes(settings_.model, precision_ == Precision::kBfloat16 ? 2 : 4);
  const double bytes_a_thread = bytes / peak.threads;
  const double passes = peak.bandwidth(static_cast<int64_t>(bytes_a_thread)) / bytes_a_thread;
  return std::min(by_arithmetic, passes * settings_.streams);
}

}  // namespace charrnn
