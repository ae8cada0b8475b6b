#include "serve/models/sampling_fields.h"

#include <sys/random.h>

#include <random>

#include "serve/http/api_error.h"
#include "serve/models/limits.h"

namespace charrnn {
namespace {

constexpr Field kSampling[] = {
    {"temperature", FieldKind::kReal, 0, 100},
    {"top_k", FieldKind::kInteger, 0, 1'000'000},
    {"top_p", FieldKind::kReal, 0, 1},
    {"min_p", FieldKind::kReal, 0, 1},
    {"presence_penalty", FieldKind::kReal, -2, 2},
    {"frequency_penalty", FieldKind::kReal, -2, 2},
    {"seed", FieldKind::kSeed},
    {"stop", FieldKind::kTexts, 1, 256, kMaxTexts},
};

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
  SamplingSettings settings;
  settings.temperature = fields.real("temperature", 1);
  settings.top_k = static_cast<int>(fields.integer("top_k", 0));
  settings.top_p = fields.real("top_p", 1);
  settings.min_p = fields.real("min_p", 0);
  settings.presence_penalty = fields.real("presence_penalty", 0);
  settings.frequency_penalty = fields.real("frequency_penalty", 0);
  if (const JsonValue* bias = fields.find("logit_bias")) settings.bias = read_bias(*bias, model);
  return settings;
}

uint64_t drawn_seed() {
  uint32_t seed = 0;
  if (getrandom(&seed, sizeof(seed), 0) != static_cast<ssize_t>(sizeof(seed))) {
    seed = std::random_device()();
  }
  return seed;
}

}  // namespace charrnn
