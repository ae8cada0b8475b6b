#include "session/train_budget.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/short_number.h"

namespace charrnn {

void limit_validation(const TrainingRequest& request, TrainingSetup& setup,
                      SessionObserver& observer) {
  constexpr double kPart = 0.05;
  constexpr size_t kMin = 5000;
  TrainingSettings& settings = request.options.settings;
  IdView& validation = setup.plan.parts.validation;
  const double all = setup.speed.validation, most = kPart * settings.time_budget;
  if (all <= most || validation.size <= kMin ||
      request.table.given(settings.validation_characters)) {
    return;
  }
  const auto size =
      std::max(kMin, static_cast<size_t>(static_cast<double>(validation.size) * most / all));
  if (size >= validation.size) return;
  observer.said(
      fmt::format("validating on the first {} of the {} characters held out: all of them "
                  "would take too long",
                  grouped(size), grouped(validation.size)));
  setup.speed.validation *= static_cast<double>(size) / static_cast<double>(validation.size);
  validation = validation.part(0, size);
  request.table.assign(settings.validation_characters, static_cast<int64_t>(size),
                       OptionSource::kMeasured);
}

void fit_budget(const TrainingRequest& request, TrainingSetup& setup, double seconds) {
  TrainingSettings& settings = request.options.settings;
  OptionTable& table = request.table;
  const Speed& speed = setup.speed;
  const double budget = settings.time_budget;
  const int64_t validations = std::clamp<int64_t>(
      static_cast<int64_t>(0.08 * budget / std::max(speed.validation, 1e-9)), 1, 20);
  const int64_t fitting = steps_within(seconds, speed, validations);
  int64_t& total = setup.plan.total_steps;
  total = total > 0 ? std::min(total, fitting) : fitting;
  const auto training_characters = static_cast<int64_t>(setup.plan.parts.training.size);
  Sizes settled;
  settled.cell = settings.cell;
  settled.layers = settings.layers;
  settled.hidden_size = settings.hidden_size;
  settled.batch_size = settings.batch_size;
  settled.sequence_length = settings.sequence_length;
  settled.steps = total;
  apply_preset_for_length(request.options.preset, training_characters, settled, settings, table);
  table.assign(settings.evaluate_every,
               std::max<int64_t>(1, (total + validations - 1) / validations),
               OptionSource::kMeasured);
  table.assign(settings.report_every, usual_report_interval(total), OptionSource::kMeasured);
}

}  // namespace charrnn
