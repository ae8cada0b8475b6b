// The half-lives of what the network remembers along a text.
#include "evaluate/memory/memory_clocks.h"

#include <cmath>

#include "serve/api/endpoints.h"
#include "serve/api/inspection_input.h"
#include "serve/api/reply_size.h"
#include "serve/models/limits.h"

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

}  // namespace charrnn
