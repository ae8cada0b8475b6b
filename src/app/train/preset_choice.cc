#include "app/train/preset_choice.h"

#include <algorithm>

namespace charrnn {
namespace {

// Seconds. A shorter budget would mostly see a GPU start.
constexpr double kShortestOnGpu = 5;

// A budget buys twice as much with bf16 operands where the machine has instructions for them.
bool prefers_bf16(const TrainOptions& options, const Context& context,
                  const EngineOptions& engine) {
  const bool chosen = context.options.find("precision")->source < OptionSource::kPreset;
  return chosen && options.settings.time_budget > 0 && has_fast_bf16(engine);
}

// Nothing needs to be known of the machine where nothing is chosen by it.
bool chooses_by_speed(const TrainOptions& options, const TrainSetup& setup) {
  return options.settings.time_budget > 0 && options.preset == Preset::kAuto && !setup.checkpoint;
}

// What the budget's part for training steps can compute.
double flops_within(double budget, const EngineOptions& engine, int vocabulary_size) {
  constexpr double kTrainingPart = 0.85;  // the rest validates, saves and measures
  const double seconds = std::clamp(0.01 * budget, 0.05, 1.0);
  return kTrainingPart * budget * measure_flops(engine, vocabulary_size, seconds);
}

// What a preset makes the rest suit: the options that have a value already.
SettledSizes settled_sizes(const TrainingSettings& settings, const OptionTable& options) {
  const auto settled = [&](std::string_view name, auto value) {
    return options.find(name)->source == OptionSource::kDefault ? decltype(value){} : value;
  };
  SettledSizes sizes{.hidden_size = settled("hidden-size", settings.hidden_size),
                     .batch_size = settled("batch-size", settings.batch_size),
                     .sequence_length = settled("seq-length", settings.sequence_length),
                     .epochs = settled("epochs", settings.epochs),
                     .steps = settled("steps", settings.steps),
                     .learning_rate = settled("learning-rate", settings.learning_rate)};
  if (options.find("cell")->source != OptionSource::kDefault) sizes.cell = settings.cell;
  if (options.find("layers")->source != OptionSource::kDefault) sizes.layers = settings.layers;
  return sizes;
}

PresetInput preset_input(const TrainingSettings& settings, const Context& context,
                         const TrainSetup& setup) {
  const auto size = static_cast<double>(setup.corpus.ids.size());
  return {.training_characters = static_cast<int64_t>(size * (1 - settings.validation_fraction)),
          .validation_characters = static_cast<int64_t>(size * settings.validation_fraction),
          .vocabulary_size = setup.corpus.vocabulary.size(),
          .time_budget = settings.time_budget,
          .settled = settled_sizes(settings, context.options)};
}

// The preset's input for the device of `engine`, as it is measured now.
PresetInput measured_on(const EngineOptions& engine, PresetInput input, const TrainOptions& options,
                        const Context& context) {
  EngineOptions measured = engine;
  input.fast_bf16 = prefers_bf16(options, context, engine);
  measured.precision = input.fast_bf16 ? Precision::kBfloat16 : options.settings.precision;
  input.flops = flops_within(input.time_budget, measured, input.vocabulary_size);
  return input;
}

// As many steps as the CPU would have time for: done on the GPU, would they be done sooner?
Workload within_budget(const Workload& step, double budget, int threads) {
  return step * (budget / cpu_seconds(step, threads));
}

// The sizes that suit a GPU's speed may be small all the same, on a short text.
bool gains_with_sizes_for(const PresetInput& input, const TrainOptions& options, int threads) {
  const SettledSizes& settled = input.settled;
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
PresetInput measured(const PresetInput& input, const TrainOptions& options, const Context& context,
                     EngineOptions& engine) {
  if (engine.device == Device::kAuto) {
    engine.precision = options.settings.precision;
    engine.device = chosen_device(engine);  // the GPU where bf16 is asked for and only it has it
    if (engine.device == Device::kCpu && engine.isa.empty() &&
        input.time_budget >= kShortestOnGpu && is_there_a_gpu()) {
      engine.device = Device::kCuda;
      const PresetInput on_gpu = measured_on(engine, input, options, context);
      if (gains_with_sizes_for(on_gpu, options, engine.threads)) return on_gpu;
      engine.device = Device::kCpu;
    }
  }
  return measured_on(engine, input, options, context);
}

}  // namespace

void fill_by_preset(const TrainOptions& options, Context& context, TrainSetup& setup) {
  setup.engine = context.common.engine;
  PresetInput input = preset_input(options.settings, context, setup);
  if (chooses_by_speed(options, setup)) input = measured(input, options, context, setup.engine);
  const PresetValues preset = preset_values(options.preset, input);
  apply(preset, context.options);
  setup.choice = preset.reason;
}

void settle_engine(const TrainingSettings& settings, TrainSetup& setup) {
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
