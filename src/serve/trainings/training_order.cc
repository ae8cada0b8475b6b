#include "serve/trainings/training_order.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/join.h"
#include "serve/http/api_error.h"
#include "text/characters/shell_word.h"
#include "train/plan/presets.h"
#include "train/settings/seed.h"
#include "train/settings/settings.h"

namespace charrnn {
namespace {

constexpr size_t kMaxSettings = 100;
// Bytes of all values together. They are words of a command, which systems limit, and training.json
// keeps that command, of which no more than 64 KiB are read.
constexpr size_t kMaxValues = 4096;

constexpr Field kOrderFields[] = {
    {"name", FieldKind::kText, 0, 100},
    {"minutes", FieldKind::kReal, 0, kMaxMinutes},
    {"settings", FieldKind::kOther},
};

// The settings of a training with their declarations.
struct Declared {
  Declared() {
    settings.declare(table);
    declare_seed(table, seed);
  }
  // A request names no file or folder of this machine, and its time is in a field of its own.
  bool is_for_requests(const Option& option) const {
    return option.variable != &settings.text && option.variable != &settings.init_from &&
           option.variable != &settings.reading.recursive &&
           option.variable != &settings.reading.max_bytes &&
           option.variable != &settings.time_budget;
  }

  TrainingSettings settings;
  Seed seed;
  OptionTable table;
};

std::string text_of_value(const JsonValue& value, const std::string& param) {
  if (value.is_string()) return value.text();
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_number()) return dump_json(Json(value));
  throw ApiError(400, fmt::format("{} must be a text, a number, true or false", param), param,
                 "wrong_type");
}

// A value that can be part of a command; size: bytes of the values so far.
void check_word(const std::string& text, size_t size, const std::string& param) {
  if (text.find('\0') != std::string::npos) {
    throw ApiError(400, fmt::format("{} must not contain the character U+0000", param), param,
                   "bad_value");
  }
  if (size <= kMaxValues) return;
  throw ApiError(400, fmt::format("the settings' values have over {} bytes together", kMaxValues),
                 param, "out_of_range");
}

void read_settings(const JsonValue& json, TrainingOrder& order) {
  if (!json.is_object() || json.size() > kMaxSettings) {
    throw ApiError(400, "settings must be an object of settings and their values", "settings",
                   "wrong_type");
  }
  Declared declared;
  size_t size = 0;
  for (const auto& [name, value] : json.items()) {
    const std::string param = fmt::format("settings.{}", name);
    const Option* option = declared.table.find(name);
    if (option == nullptr || !declared.is_for_requests(*option)) {
      throw ApiError(400, fmt::format("there is no setting {} here", param), param,
                     "unknown_setting");
    }
    const std::string text = text_of_value(value, param);
    size += text.size();
    check_word(text, size, param);
    try {
      declared.table.set(name, text, OptionSource::kCommandLine);
    } catch (const Error& error) {
      throw ApiError(400, error.what(), param, error.code());
    }
    order.settings.emplace_back(option->name(), text);
  }
}

std::string kind_of(const Option& option) {
  if (option.is_flag()) return "flag";
  if (option.value_name.find('|') != std::string::npos) return "choice";
  return option.value_name == "TEXT" ? "text" : option.value_name == "TIME" ? "time" : "number";
}

Json choices_of(const Option& option) {
  Json choices = Json::array();
  std::string_view rest = option.value_name;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('|'), rest.size());
    choices.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return choices;
}

}  // namespace

TrainingOrder read_order(const JsonValue& json) {
  const Fields fields(json, {kOrderFields});
  TrainingOrder order;
  order.name = fields.text("name");
  order.minutes = fields.real("minutes", 0);
  if (const JsonValue* settings = fields.find("settings")) read_settings(*settings, order);
  return order;
}

std::vector<std::string> time_words(double minutes) {
  if (minutes <= 0) return {};
  const bool is_whole = minutes == static_cast<double>(static_cast<int64_t>(minutes));
  return {is_whole ? fmt::format("--time={}m", minutes) : fmt::format("--time={}s", minutes * 60)};
}

std::vector<std::string> order_words(const TrainingOrder& order) {
  std::vector<std::string> words = time_words(order.minutes);
  for (const auto& [name, value] : order.settings) {
    words.push_back(fmt::format("--{}={}", name, value));
  }
  return words;
}

std::string command_of(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  for (const std::string& word : words) quoted.push_back(shell_word(word));
  return join(quoted, " ");
}

Json settings_json() {
  Declared declared;
  // As the help of charrnn train has them.
  apply_preset(Preset::kAuto, {.training_characters = 1'000'000, .vocabulary_size = 100},
               declared.settings, declared.table);
  Json settings = Json::array();
  for (const Option& option : declared.table.options()) {
    if (!declared.is_for_requests(option)) continue;
    const std::string kind = kind_of(option);
    Json json = {{"name", option.name()},
                 {"group", option.group},
                 {"help", option.help},
                 {"kind", kind},
                 {"usual", option.show()}};
    if (kind == "choice") json["choices"] = choices_of(option);
    settings.push_back(std::move(json));
  }
  return settings;
}

}  // namespace charrnn
