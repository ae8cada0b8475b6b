// The plan of a run, as JSON (app/train/train_view.h).
#include <cmath>

#include "app/train/train_view.h"
#include "base/json/json.h"
#include "model/parameters.h"

namespace charrnn {
namespace {

// Each setting's value, as text that the option reads, and where it is from.
JsonOutput settings_json(const OptionTable& options) {
  JsonOutput settings;
  for (const Option& option : options.options()) {
    if (!option.in_config) continue;
    JsonOutput& setting = settings[option.name()];
    if (option.repeatable) {
      setting["value"] = option.show_all();
    } else {
      setting["value"] = option.show();
    }
    setting["source"] = source_name(option.source);
  }
  return settings;
}

}  // namespace

std::string plan_json(const TrainingSession& session, const OptionTable& options, double seconds) {
  const TrainingSetup& setup = session.setup();
  const Plan& plan = setup.plan;
  const int64_t per_epoch = plan.batches->batches_per_epoch();
  JsonOutput json;
  json["run"] = setup.run_path;
  json["chosen_by"] = setup.choice;
  json["characters"] = setup.corpus.ids.size();
  json["training_characters"] = plan.parts.training.size;
  json["validation_characters"] = plan.parts.validation.size;
  json["cell"] = cell_traits(plan.config.cell).name;
  json["layers"] = plan.config.layers;
  json["hidden_size"] = plan.config.hidden_size;
  json["embedding_size"] = plan.config.embedding_size;
  json["vocabulary_size"] = plan.config.vocabulary_size;
  json["parameters"] = trainable_parameter_count(plan.config);
  json["steps"] = plan.total_steps;
  json["steps_per_epoch"] = per_epoch;
  json["epochs"] = static_cast<double>(plan.total_steps) / static_cast<double>(per_epoch);
  json["seconds"] = seconds >= 0 ? seconds : std::nan("");  // null: not known
  json["memory_bytes"] = std::round(setup.memory);
  json["device"] = setup.machine.device;
  json["settings"] = settings_json(options);
  return dump_json(json);
}

}  // namespace charrnn
