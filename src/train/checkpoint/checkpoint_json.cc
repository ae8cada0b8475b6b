#include "train/checkpoint/checkpoint_json.h"

#include <fmt/core.h>

#include <cmath>

#include "base/json/json.h"

namespace charrnn {
namespace {

constexpr int64_t kLargest = int64_t{1} << 53;  // of every size in a configuration

// Numbers that are not finite have no place in JSON: they are left out, and unknown when read.
struct ProgressWriter {
  JsonOutput& json;

  void whole(const char* name, int64_t value) { json[name] = value; }
  void later(const char* name, int64_t value) { json[name] = value; }
  void real(const char* name, double value) {
    if (std::isfinite(value)) json[name] = value;
  }
  void reals(const char* name, const std::vector<double>& values) { json[name] = values; }
  void changes(const char* name, const std::vector<ScheduleChange>& changes) {
    json[name] = changes_text(changes);
  }
};

struct ProgressReader {
  const JsonValue& json;

  void whole(const char* name, int64_t& value) {
    if (!json.contains(name)) throw JsonError(fmt::format("{} is missing", name), 0);
    value = static_cast<int64_t>(json_unsigned(json[name], name, INT64_MAX));
  }
  void later(const char* name, int64_t& value) {
    if (json.contains(name)) whole(name, value);
  }
  void real(const char* name, double& value) {
    value = json.contains(name) ? json_real(json[name], name) : kUnknown;
  }
  void reals(const char* name, std::vector<double>& values) {
    if (!json.contains(name)) return;
    for (const JsonValue& value : json[name]) values.push_back(json_real(value, name));
  }
  void changes(const char* name, std::vector<ScheduleChange>& changes) {
    if (json.contains(name)) changes = read_changes(json[name].get<std::string>());
  }
};

template <class Facts, class Fields>
void visit_progress(Facts& facts, Fields&& fields) {
  TrainingProgress::visit(facts.progress, fields);
  EarlyStoppingState::visit(facts.early_stopping, fields);
  DivergenceState::visit(facts.divergence, fields);
}

}  // namespace

std::string progress_json(const CheckpointFacts& facts) {
  JsonOutput json = JsonOutput::object();
  visit_progress(facts, ProgressWriter{json});
  return dump_json(json);
}

void read_progress(const std::string& text, CheckpointFacts& facts) {
  const JsonValue json = parse_json(text);
  if (!json.is_object()) throw JsonError("the progress is not an object", 0);
  visit_progress(facts, ProgressReader{json});
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
