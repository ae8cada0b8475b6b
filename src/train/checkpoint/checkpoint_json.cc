#include "train/checkpoint/checkpoint_json.h"

#include <fmt/core.h>

#include <cmath>

#include "base/json/json.h"

namespace charrnn {
namespace {

constexpr int64_t kLargest = int64_t{1} << 53;  // of every size in a configuration

// Every number of the progress by name: written and read by the same list. later: whole numbers
// that the first version had not.
template <class Progress, class Whole, class Later, class Real>
void visit(Progress& p, Whole&& whole, Later&& later, Real&& real) {
  whole("step", p.step);
  whole("total_steps", p.total_steps);
  whole("epoch", p.epoch);
  whole("batch", p.batch);
  whole("characters", p.characters);
  whole("summed_steps", p.summed_steps);
  whole("best_step", p.best_step);
  whole("validations_without_gain", p.validations_without_gain);
  whole("skipped_steps", p.skipped_steps);
  whole("skipped_in_a_row", p.skipped_in_a_row);
  whole("rollbacks", p.rollbacks);
  later("good_step", p.good_step);
  later("stretch_steps", p.stretch_steps);
  real("seconds", p.seconds);
  real("loss_sum", p.loss_sum);
  real("stretch_loss_sum", p.stretch_loss_sum);
  real("gradient_norm_sum", p.gradient_norm_sum);
  real("first_loss", p.first_loss);
  real("train_loss", p.train_loss);
  real("validation_loss", p.validation_loss);
  real("best_validation_loss", p.best_validation_loss);
  real("best_validation_margin", p.best_validation_margin);
  real("best_train_loss", p.best_train_loss);
  real("gain_loss", p.gain_loss);
  real("learning_rate", p.learning_rate);
  real("learning_rate_scale", p.learning_rate_scale);
}

std::vector<double> read_numbers(const JsonValue& json, const char* name) {
  std::vector<double> numbers;
  if (!json.contains(name)) return numbers;
  for (const JsonValue& value : json[name]) numbers.push_back(json_real(value, name));
  return numbers;
}

}  // namespace

// Numbers that are not finite have no place in JSON: they are left out, and unknown when read.
std::string progress_text(const TrainingProgress& progress, const RecentSteps& recent) {
  JsonOutput json = JsonOutput::object();
  const auto whole = [&](const char* name, int64_t value) { json[name] = value; };
  visit(progress, whole, whole, [&](const char* name, double value) {
    if (std::isfinite(value)) json[name] = value;
  });
  json["recent_losses"] = recent.losses;
  json["recent_gradient_norms"] = recent.gradient_norms;
  json["schedule_changes"] = changes_text(progress.changes);
  return dump_json(json);
}

RecentSteps read_recent(const std::string& text) {
  const JsonValue json = parse_json(text);
  return {read_numbers(json, "recent_losses"), read_numbers(json, "recent_gradient_norms")};
}

TrainingProgress read_progress(const std::string& text) {
  const JsonValue json = parse_json(text);
  if (!json.is_object()) throw JsonError("the progress is not an object", 0);
  TrainingProgress progress;
  visit(
      progress,
      [&](const char* name, int64_t& value) {
        if (!json.contains(name)) throw JsonError(fmt::format("{} is missing", name), 0);
        value = static_cast<int64_t>(json_unsigned(json[name], name, INT64_MAX));
      },
      [&](const char* name, int64_t& value) {
        if (!json.contains(name)) return;
        value = static_cast<int64_t>(json_unsigned(json[name], name, INT64_MAX));
      },
      [&](const char* name, double& value) {
        value = json.contains(name) ? json_real(json[name], name) : kUnknown;
      });
  if (json.contains("schedule_changes")) {
    progress.changes = read_changes(json["schedule_changes"].get<std::string>());
  }
  return progress;
}

std::string config_json(const ModelConfig& config) {
  JsonOutput json;
  json["cell"] = cell_traits(config.cell).name;
  json["layers"] = config.layers;
  json["hidden_size"] = config.hidden_size;
  json["embedding_size"] = config.embedding_size;
  json["vocabulary_size"] = config.vocabulary_size;
  json["one_hot"] = config.one_hot;
  return dump_json(json);
}

ModelConfig read_config(const std::string& text) {
  const JsonValue json = parse_json(text);
  const auto size = [&](const char* name) {
    const uint64_t value = json_unsigned(json.at(name), name, 1 << 24);
    if (value == 0) throw JsonError(fmt::format("{} is 0", name), 0);
    return static_cast<int>(value);
  };
  ModelConfig config;
  const auto cell = json.at("cell").get<std::string>();
  bool known = false;
  for (const CellTraits& traits : kCells) {
    if (traits.name == cell) config.cell = traits.kind, known = true;
  }
  if (!known) throw JsonError(fmt::format("the cell '{}' is unknown", cell), 0);
  config.layers = size("layers");
  config.hidden_size = size("hidden_size");
  config.embedding_size = size("embedding_size");
  config.vocabulary_size = size("vocabulary_size");
  config.one_hot = json.at("one_hot").get<bool>();
  if (parameter_count(config) > kLargest) throw JsonError("the sizes are too large", 0);
  return config;
}

std::string settings_json(const SettingValues& settings) {
  JsonOutput json = JsonOutput::object();
  for (const auto& [name, values] : settings) json[name] = values;
  return dump_json(json);
}

SettingValues read_settings(const std::string& text) {
  SettingValues settings;
  const JsonValue json = parse_json(text);
  for (const auto& [name, values] : json.items()) {
    settings[name] = values.get<std::vector<std::string>>();
  }
  return settings;
}

}  // namespace charrnn
