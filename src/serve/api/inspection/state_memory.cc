// What the state remembers: its half-lives along a text, and what of a prediction lies in it.
#include <cmath>

#include "evaluate/memory/memory_clocks.h"
#include "evaluate/memory/transplant.h"
#include "serve/api/endpoints.h"
#include "serve/api/inspection/inspection_input.h"
#include "serve/api/reply_size.h"
#include "serve/models/limits.h"
#include "serve/models/sampling_fields.h"

namespace charrnn {
namespace {

constexpr Field kClockFields[] = {
    {"characters", FieldKind::kInteger, 1, 2000},
    {"exponents", FieldKind::kInteger, 1, 128},
};

// JSON has no infinity.
Json finite_or_null(double value) {
  return std::isfinite(value) ? Json(json_number(value)) : Json(nullptr);
}

constexpr Field kTransplantFields[] = {
    {"donor", FieldKind::kText, 1, kMaxInspected},
    {"units", FieldKind::kOther},
};

constexpr size_t kMaxUnits = 1024;

std::vector<StateUnit> units_of(const JsonValue* value, const ModelConfig& config) {
  if (!value) return {};
  if (!value->is_array() || value->size() == 0 || value->size() > kMaxUnits) {
    throw ApiError(400, "units must be an array of 1 to 1024 units", "units", "out_of_range");
  }
  const Field table[] = {
      {"layer", FieldKind::kInteger, 0, double(config.layers - 1)},
      {"unit", FieldKind::kInteger, 0, double(config.hidden_size - 1)},
  };
  std::vector<StateUnit> units;
  for (const JsonValue& one : *value) {
    if (!one.is_object()) throw ApiError(400, "a unit must be an object", "units", "wrong_type");
    const Fields fields(one, {table});
    if (!fields.has("layer") || !fields.has("unit")) {
      throw ApiError(400, "a unit needs layer and unit", "units", "missing");
    }
    units.push_back({static_cast<int>(fields.integer("layer", 0)),
                     static_cast<int>(fields.integer("unit", 0))});
  }
  return units;
}

Json exponentials(std::vector<float> log_p) {
  for (float& value : log_p) value = std::exp(value);
  return charrnn::short_numbers(std::span<const float>(log_p));
}

// Half the sum of the absolute differences: 0 for the same predictions, 1 for disjoint ones.
double total_variation(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    sum += std::abs(std::exp(double{a[i]}) - std::exp(double{b[i]})) / 2;
  }
  return sum;
}

}  // namespace

void post_memory_clocks(Api& api, const ExchangePtr& exchange) {
  const JsonValue json = parse_json_object(exchange->request().body);
  const Fields fields(json, {kInspectionFields, kClockFields});
  const InspectionInput text = read_inspection_input(api, fields);
  const auto exponents = static_cast<int>(fields.integer("exponents", 32));
  check_work_size({memory_clocks_size(text.model->config(), exponents)}, "exponents",
                  "ask for fewer exponents, or of a smaller model");
  const MemoryClocks clocks = memory_clocks(
      text.model->model().weights, text.ids, static_cast<int>(fields.integer("characters", 256)),
      exponents, text.model->border(), [&] { return !is_wanted(api, exchange); });
  check_wanted(api, exchange);
  Json values = Json::array(), half_lives = Json::array();
  for (const double exponent : clocks.exponents) {
    values.push_back(finite_or_null(exponent));
    half_lives.push_back(finite_or_null(half_life(exponent)));
  }
  reply_json(exchange, {{"text", text.text},
                        {"characters", clocks.characters},
                        {"exponents", std::move(values)},
                        {"half_lives", std::move(half_lives)}});
}

void post_transplant(Api& api, const ExchangePtr& exchange) {
  const JsonValue json = parse_json_object(exchange->request().body);
  const Fields fields(json, {kInspectionFields, kTransplantFields});
  const InspectionInput text = read_inspection_input(api, fields);
  ServedModel& model = *text.model;
  if (!fields.has("donor")) throw ApiError(400, "donor is missing", "donor", "missing");
  const std::vector<int32_t> donor =
      read_text(model, fields.text("donor"), "donor", skips_unknown(fields));
  if (donor.size() > static_cast<size_t>(kMaxInspected)) {  // bytes, for some models
    throw ApiError(400, "donor is longer than 16384 characters", "donor", "out_of_range");
  }
  const std::vector<StateUnit> units = units_of(fields.find("units"), model.config());
  ReplySize()
      .add(ReplyPart::kNumber, {3, model.config().vocabulary_size})
      .check("model", "ask a model of fewer characters");
  const Transplant result = model.inspect([&](Network& engine) {
    check_wanted(api, exchange);  // others may have kept the engine for long
    return transplant(engine, text.ids, donor, units, model.border(),
                      [&] { return !is_wanted(api, exchange); });
  });
  check_wanted(api, exchange);
  reply_json(exchange, {{"text", text.text},
                        {"donor", model.vocabulary().text(donor)},
                        {"own", exponentials(result.own)},
                        {"of_donor", exponentials(result.donor)},
                        {"transplanted", exponentials(result.transplanted)},
                        {"change", json_number(total_variation(result.own, result.transplanted))},
                        {"whole_change", json_number(total_variation(result.own, result.donor))}});
}

}  // namespace charrnn
