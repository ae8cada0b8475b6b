#include "session/preset_choice.h"

#include <algorithm>

namespace charrnn {
namespace {

// Seconds. A shorter budget would mostly see a GPU start.
constexpr double kShortestOnGpu = 5;

// A budget buys twice as much with bf16 operands where the machine has instructions for them.
bool prefers_bf16(const TrainingRequest& request, const EngineOptions& engine) {
  const TrainingSettings& settings = request.options.settings;
  const bool is_free = request.table.of(settings.precision).source < OptionSource::kPreset;
  return is_free && settings.time_budget > 0 && has_fast_bf16(engine);
}

// Nothing needs to be known of the machine where nothing is chosen by it.
bool chooses_by_speed(const TrainingOptions& options, const TrainingSetup& setup) {
  return options.settings.time_budget > 0 && options.preset == Preset::kAuto && !setup.checkpoint;
}

// What the budget's part for training steps can compute.
double flops_within(double budget, const EngineOptions& engine, int vocabulary_size) {
  constexpr double kTrainingPart = 0.85;  // the rest validates, saves and measures
  const double seconds = std::clamp(0.01 * budget, 0.05, 1.0);
  return kTrainingPart * budget * measure_flops(engine, vocabulary_size, seconds);
}

// What a preset makes the rest suit: the options that have a value already.
Sizes settled_sizes(const TrainingSettings& settings, const OptionTable& table) {
  Sizes sizes;
  const auto settle = [&table](const auto& setting, auto& size) {
    if (table.of(setting).source != OptionSource::kDefault) size = setting;
  };
  settle(settings.cell, sizes.cell);
  settle(settings.layers, sizes.layers);
  settle(settings.hidden_size, sizes.hidden_size);
  settle(settings.batch_size, sizes.batch_size);
  settle(settings.sequence_length, sizes.sequence_length);
  settle(settings.epochs, sizes.epochs);
  settle(settings.steps, sizes.steps);
  settle(settings.learning_rate, sizes.learning_rate);
  return sizes;
}

PresetInput preset_input(const TrainingRequest& request, const TrainingSetup& setup) {
  const TrainingSettings& settings = request.options.settings;
  const auto size = static_cast<double>(setup.corpus.ids.size());
  return {.training_characters = static_cast<int64_t>(split(setup.corpus, settings).training.size),
          .validation_characters = static_cast<int64_t>(size * settings.validation_fraction),
          .vocabulary_size = setup.corpus.vocabulary.size(),
          .time_budget = settings.time_budget,
          .settled = settled_sizes(settings, request.table)};
}

// The preset's input for the device of `engine`, as it is measured now.
PresetInput measured_on(const EngineOptions& engine, PresetInput input,
                        const TrainingRequest& request) {
  EngineOptions measured = engine;
  input.fast_bf16 = prefers_bf16(request, engine);
  measured.precision = input.fast_bf16 ? Precision::kBfloat16 : request.options.settings.precision;
  input.flops = flops_within(input.time_budget, measured, input.vocabulary_size);
  return input;
}

// As many steps as the CPU would have time for: done on the GPU, would they be done sooner?
Workload within_budget(const Workload& step, double budget, int threads) {
  return step * (budget / cpu_seconds(step, threads));
}

// The sizes that suit a GPU's speed may be small all the same, on a short text.
bool gains_with_sizes_for(const PresetInput& input, const TrainingOptions& options, int threads) {
  const Sizes& settled = input.settled;
  const Sizes sizes =
      sizes_for_budget(input.training_characters, input.vocabulary_size, input.flops, settled);
  const ModelConfig config{.cell = settled.cell,
                           .layers = settled.layers,
                           .hidden_size = sizes.hidden_size,
                           .embedding_size = sizes.embedding_size,
                           .vocabulary_size = input.vocabulary_size};
  const bool last_step_only = options.settings.objective == Objective::kLast;
  const Workload step =
      training_workload(config, sizes.sequence_length, sizes.batch_size, last_step_only);
  return gains_by_gpu(within_budget(step, input.time_budget, threads), threads);
}

// Leaves in `engine` the device that was measured. Where the choice is ours that is the GPU first:
// the sizes that its speed allows decide whether it stays.
PresetInput measured(const PresetInput& input, const TrainingRequest& request,
                     EngineOptions& engine) {
  if (engine.device == Device::kAuto) {
    engine.precision = request.options.settings.precision;
    engine.device = chosen_device(engine);  // the GPU where bf16 is asked for and only it has it
    if (engine.device == Device::kCpu && engine.isa.empty() && engine.parts == 0 &&
        input.time_budget >= kShortestOnGpu && is_there_a_gpu()) {
      engine.device = Device::kCuda;
      const PresetInput on_gpu = measured_on(engine, input, request);
      if (gains_with_sizes_for(on_gpu, request.options, engine.threads)) return on_gpu;
      engine.device = Device::kCpu;
    }
  }
  return measured_on(engine, input, request);
}

}  // namespace

void fill_by_preset(const TrainingRequest& request, TrainingSetup& setup) {
  setup.engine = request.engine;
  setup.engine.parts = request.options.settings.parts;
  PresetInput input = preset_input(request, setup);
  if (chooses_by_speed(request.options, setup)) input = measured(input, request, setup.engine);
  setup.choice =
      apply_preset(request.options.preset, input, request.options.settings, request.table);
}

void settle_engine(const TrainingSettings& settings, TrainingSetup& setup) {
  EngineOptions& engine = setup.engine;
  engine.precision = settings.precision;
  const Workload step =
      training_workload(setup.plan.config, settings.sequence_length, settings.batch_size,
                        settings.objective == Objective::kLast);
  const auto steps = static_cast<double>(setup.plan.total_steps);
  engine.workload = step * steps;
  if (settings.time_budget <= 0) return;
  const Workload by_time = within_budget(step, settings.time_budget, engine.threads);
  if (steps == 0 || by_time.calls < steps) engine.workload = by_time;
}

}  // namespace charrnn
