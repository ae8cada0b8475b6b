#include "train/checkpoint/checkpoint_json.h"

#include <fmt/core.h>

#include <cmath>

#include "base/crc32.h"
#include "base/error.h"
#include "base/json/json.h"

namespace charrnn {
namespace {

constexpr int64_t kLargest = int64_t{1} << 60;  // of every count: sums of a few are no overflow
constexpr size_t kMaxProgress = 100'000;        // values

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
    value = static_cast<int64_t>(json_unsigned(json[name], name, kLargest));
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
    if (!json.contains(name)) return;
    try {
      changes = read_changes(json[name].get<std::string>());
    } catch (const Error& error) {
      throw JsonError(error.what(), 0);
    }
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
  const JsonValue json = parse_json(text, {.max_depth = 2, .max_values = kMaxProgress});
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

bool read_one_hot(const std::string& text, const ModelConfig& from_shapes) {
  const JsonValue json = parse_json(text, {.max_depth = 1, .max_values = 100});
  const auto agree = [&](const char* name, int size) {
    if (json_unsigned(json.at(name), name) == static_cast<uint64_t>(size)) return;
    throw JsonError(fmt::format("its {} is not that of its tensors, {}", name, size), 0);
  };
  if (json.at("cell").get<std::string>() != cell_traits(from_shapes.cell).name) {
    throw JsonError("its cell is not that of its tensors", 0);
  }
  agree("layers", from_shapes.layers);
  agree("hidden_size", from_shapes.hidden_size);
  agree("embedding_size", from_shapes.embedding_size);
  agree("vocabulary_size", from_shapes.vocabulary_size);
  return json.at("one_hot").get<bool>();
}

std::string settings_json(const SettingValues& settings) {
  JsonOutput json = JsonOutput::object();
  for (const auto& [name, values] : settings) json[name] = values;
  return dump_json(json);
}

SettingValues read_settings(const std::string& text) {
  SettingValues settings;
  const JsonValue json = parse_json(text, {.max_depth = 2});
  for (const auto& [name, values] : json.items()) {
    settings[name] = values.get<std::vector<std::string>>();
  }
  return settings;
}

std::string metadata_crc32(const std::map<std::string, std::string>& metadata) {
  std::string all;
  for (const char* name : {"charrnn_version", "groups", "config", "progress", "settings",
                           "corpus_hash", "encoding", "lowercase"}) {
    all += metadata.at(name);
    all += '\n';
  }
  return fmt::format("{:08x}", crc32(all));
}

}  // namespace charrnn
