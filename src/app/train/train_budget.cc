#include "app/train/train_budget.h"

#include <fmt/core.h>

#include <algorithm>

namespace charrnn {

void limit_validation(Context& context, TrainOptions& options, TrainSetup& setup) {
  constexpr double kPart = 0.05;
  constexpr size_t kMin = 5000;
  IdView& validation = setup.plan.parts.validation;
  const double all = setup.speed.validation, most = kPart * options.settings.time_budget;
  if (all <= most || validation.size <= kMin || context.options.given("val-characters")) return;
  const auto size =
      std::max(kMin, static_cast<size_t>(static_cast<double>(validation.size) * most / all));
  if (size >= validation.size) return;
  context.say(
      fmt::format("validating on the first {} of the {} characters held out: all of them "
                  "would take too long",
                  size, validation.size));
  setup.speed.validation *= static_cast<double>(size) / static_cast<double>(validation.size);
  validation = validation.part(0, size);
  options.settings.validation_characters = static_cast<int64_t>(size);
}

void fit_budget(Context& context, TrainOptions& options, TrainSetup& setup, double seconds) {
  TrainingSettings& settings = options.settings;
  const Speed& speed = setup.speed;
  const double budget = settings.time_budget;
  const int64_t validations = std::clamp<int64_t>(
      static_cast<int64_t>(0.08 * budget / std::max(speed.validation, 1e-9)), 1, 20);
  const int64_t fitting = steps_within(seconds, speed, validations);
  int64_t& total = setup.plan.total_steps;
  total = total > 0 ? std::min(total, fitting) : fitting;
  const auto training_characters = static_cast<int64_t>(setup.plan.parts.training.size);
  const SettledSizes settled{.cell = settings.cell,
                             .layers = settings.layers,
                             .hidden_size = settings.hidden_size,
                             .batch_size = settings.batch_size,
                             .sequence_length = settings.sequence_length,
                             .steps = total};
  const PresetValues fitted =
      preset_values_for_length(options.preset, training_characters, settled);
  for (const auto& [name, value] : fitted.values) {
    context.options.set(name, value, OptionSource::kPreset);
  }
  if (!context.options.given("eval-every")) {
    settings.evaluate_every = std::max<int64_t>(1, (total + validations - 1) / validations);
  }
  if (!context.options.given("report-every")) settings.report_every = 0;
  fit_intervals(settings, setup.plan);
}

}  // namespace charrnn
