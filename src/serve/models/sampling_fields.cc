#include "serve/models/sampling_fields.h"

#include <fmt/core.h>
#include <sys/random.h>

#include <algorithm>
#include <random>

#include "serve/http/api_error.h"
#include "serve/models/limits.h"

namespace charrnn {
namespace {

constexpr Field kSampling[] = {
    {"temperature", FieldKind::kReal, 0, 100},
    {"top_k", FieldKind::kInteger, -1, 1'000'000},
    {"top_p", FieldKind::kReal, 0, 1},
    {"min_p", FieldKind::kReal, 0, 1},
    {"presence_penalty", FieldKind::kReal, -2, 2},
    {"frequency_penalty", FieldKind::kReal, -2, 2},
    {"seed", FieldKind::kSeed},
    {"stop", FieldKind::kTexts, 1, 256, kMaxStops},
};

// Fields of other servers that would change the text and that this one does not have. `neutral`:
// the value, in JSON, that changes nothing; it may be sent.
struct Unsupported {
  std::string_view name;
  std::string_view neutral;
};
constexpr Unsupported kUnsupported[] = {
    // OpenAI
    {"suffix", "\"\""},
    {"response_format", "{\"type\":\"text\"}"},
    {"tools", "[]"},
    // llama.cpp
    {"grammar", "\"\""},
    {"json_schema", "{}"},
    {"repeat_penalty", "1"},
    {"typical_p", "1"},
    {"tfs_z", "1"},
    {"dynatemp_range", "0"},
    {"mirostat", "0"},
    {"xtc_probability", "0"},
    {"dry_multiplier", "0"},
    {"top_n_sigma", "-1"},
    {"t_max_predict_ms", "-1"},
    {"input_prefix", "\"\""},
    {"input_suffix", "\"\""},
    // vLLM and others
    {"repetition_penalty", "1"},
    {"length_penalty", "1"},
    {"min_tokens", "0"},
    {"use_beam_search", "false"},
    {"guided_json", "{}"},
    {"guided_regex", "\"\""},
    {"guided_choice", "[]"},
    {"guided_grammar", "\"\""},
};

void refuse_unsupported(const Fields& fields) {
  for (const auto& [name, neutral] : kUnsupported) {
    const JsonValue* value = fields.find(name);
    if (!value || *value == parse_json(neutral)) continue;
    throw ApiError(400,
                   fmt::format("{} is not supported here; leave it out or send {}", name, neutral),
                   std::string(name), "unsupported_parameter");
  }
}

constexpr Field kBias = {"logit_bias", FieldKind::kReal, -100, 100};
constexpr size_t kMaxBiases = 1024;

int32_t bias_id(int64_t id, const ServedModel& model) {
  if (id < 0 || id >= model.config().vocabulary_size) {
    throw ApiError(400, "logit_bias names an id that the model does not have", "logit_bias",
                   "out_of_range");
  }
  return static_cast<int32_t>(id);
}

// {"17": -100} as OpenAI has it, or [[17, -100]] as llama.cpp has it.
std::map<int32_t, double> read_bias(const JsonValue& value, const ServedModel& model) {
  const auto refuse = [] {
    return ApiError(400, "logit_bias must be an object of ids and numbers, or an array of pairs",
                    "logit_bias", "wrong_type");
  };
  if (!value.is_array() && !value.is_object()) throw refuse();
  if (value.size() > kMaxBiases) {
    throw ApiError(400, "logit_bias has over 1024 entries", "logit_bias", "out_of_range");
  }
  std::map<int32_t, double> bias;
  const auto add = [&](int64_t id, const JsonValue& number) {
    check_field(number, kBias, "logit_bias");
    bias[bias_id(id, model)] = number.get<double>();
  };
  if (value.is_object()) {
    for (const auto& [key, number] : value.items()) {
      const bool digits = !key.empty() && key.size() < 10 &&
                          key.find_first_not_of("0123456789") == std::string::npos;
      if (!digits) throw refuse();
      add(std::stoll(key), number);
    }
    return bias;
  }
  for (const JsonValue& pair : value) {
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_number_unsigned()) throw refuse();
    add(pair[0].get<int64_t>(), pair[1]);
  }
  return bias;
}

}  // namespace

const std::span<const Field> kSamplingFields = kSampling;

SamplingSettings sampling_settings(const Fields& fields, const ServedModel& model) {
  refuse_unsupported(fields);
  SamplingSettings settings;
  settings.temperature = fields.real("temperature", 1);
  // -1 stands for off as well, as in other servers.
  settings.top_k = std::max(static_cast<int>(fields.integer("top_k", 0)), 0);
  settings.top_p = fields.real("top_p", 1);
  settings.min_p = fields.real("min_p", 0);
  settings.presence_penalty = fields.real("presence_penalty", 0);
  settings.frequency_penalty = fields.real("frequency_penalty", 0);
  if (const JsonValue* bias = fields.find("logit_bias")) settings.bias = read_bias(*bias, model);
  return settings;
}

bool skips_unknown(const Fields& fields) {
  const std::string word = fields.text("unknown", "error");
  if (word == "skip" || word == "error") return word == "skip";
  throw ApiError(400, "unknown is error or skip", "unknown", "out_of_range");
}

uint64_t drawn_seed() {
  uint32_t seed = 0;
  if (getrandom(&seed, sizeof(seed), 0) != static_cast<ssize_t>(sizeof(seed))) {
    seed = std::random_device()();
  }
  return seed;
}

}  // namespace charrnn
