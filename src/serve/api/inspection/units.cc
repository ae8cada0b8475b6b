// The endpoints that find units: by what they track, and by a selection.
#include <algorithm>
#include <cmath>

#include "base/json/json_number.h"
#include "engine/factory/make_network.h"
#include "evaluate/units/unit_report.h"
#include "serve/api/endpoints.h"
#include "serve/api/inspection/inspection_input.h"
#include "serve/api/reply_size.h"
#include "serve/models/limits.h"
#include "train/initial_model.h"

namespace charrnn {
namespace {

constexpr Field kUnitsFields[] = {
    {"values", FieldKind::kText, 1, 16},
    {"limit", FieldKind::kInteger, 1, 100},
    {"around", FieldKind::kInteger, 1, kMaxInspected},
    {"spans", FieldKind::kOther},
    {"control", FieldKind::kBoolean},
};

constexpr size_t kMaxSpans = 64;

UnitValueKind value_kind(const Fields& fields, const InspectionInput& text) {
  const CellKind cell = text.model->config().cell;
  const auto kind =
      unit_value_kind(fields.text("values", std::string(unit_value_name(usual_unit_values(cell)))));
  if (!kind) throw ApiError(400, "values is hidden or cell", "values", "out_of_range");
  if (kind == UnitValueKind::kCell && !cell_traits(cell).has_cell_state()) {
    throw ApiError(400, "only an LSTM has cell values", "values", "out_of_range");
  }
  return *kind;
}

// Reads the text with the model, or with `untrained` in its place: [layers][times][hidden_size].
std::vector<float> values_of(const Api& api, const ExchangePtr& exchange,
                             const InspectionInput& text, UnitValueKind kind,
                             Network* untrained = nullptr) {
  const ModelConfig& config = text.model->config();
  const size_t hidden = config.hidden_size, times = text.ids.size();
  check_work_size({config.layers, static_cast<int64_t>(times), config.hidden_size}, "text",
                  "send a shorter text");
  std::vector<float> values(config.layers * times * hidden);
  const auto copy = [&](size_t begin, const Trace& part) {
    const bool is_hidden = kind == UnitValueKind::kHidden;
    const std::vector<float>& from = is_hidden ? part.hidden : part.cell;
    const size_t count = part.times * hidden;  // of one layer
    for (size_t layer = 0; layer < static_cast<size_t>(config.layers); ++layer) {
      const auto source = std::span(from).subspan(layer * count, count);
      std::transform(source.begin(), source.end(), &values[(layer * times + begin) * hidden],
                     [&](float value) { return is_hidden ? value : std::tanh(value); });
    }
  };
  if (untrained) {
    trace_in_parts(api, exchange, *untrained, text.model->border(), text.ids, copy);
  } else {
    trace_in_parts(api, exchange, *text.model, text.ids, copy);
  }
  return values;
}

// The same text read by an untrained network of the same shape: what a score is worth that is the
// best of many units.
struct Control {
  std::vector<float> values;  // as values_of()
  Json json;                  // how the network was made
};

Control make_control(const Api& api, const ExchangePtr& exchange, const InspectionInput& text,
                     UnitValueKind kind) {
  const RunLocation location = api.registry.location(text.model->id());
  const std::string config =
      location.has_folder() ? read_small_file(location.config(), kMaxConfig) : std::string();
  const Untrained untrained = untrained_network(text.model->config(), config);
  EngineOptions options;
  options.device = Device::kCpu;
  options.threads = 1;
  const auto engine = make_network(text.model->config(), options);
  engine->load_weights(untrained.weights);
  return {values_of(api, exchange, text, kind, engine.get()),
          {{"init", untrained.init}, {"forget_bias", json_number(untrained.forget_bias)}}};
}

// The features of a reply, each with the best score that a unit of the untrained network has.
Json with_control(const Json& features, const UnitReport& control) {
  Json result = Json::array();
  for (const Json& feature : features) {
    result.push_back(feature);
    for (const FeatureRanking& ranking : control.features) {
      if (feature.at("name").text() != ranking.feature.name || ranking.units.empty()) continue;
      result.back()["control"] = json_number(ranking.units.front().score);
    }
  }
  return result;
}

std::vector<Span> read_spans(const Fields& fields, int64_t times) {
  const JsonValue* value = fields.find("spans");
  if (!value) throw ApiError(400, "spans are missing", "spans", "missing");
  if (!value->is_array() || value->empty() || value->size() > kMaxSpans) {
    throw ApiError(400, "spans must be an array of 1 to 64 pairs", "spans", "out_of_range");
  }
  std::vector<Span> spans;
  const Field number{"spans", FieldKind::kInteger, 0, static_cast<double>(times)};
  for (const JsonValue& pair : *value) {
    if (!pair.is_array() || pair.size() != 2) {
      throw ApiError(400, "a span is a pair of numbers", "spans", "wrong_type");
    }
    check_field(pair[0], number, "spans");
    check_field(pair[1], number, "spans");
    spans.emplace_back(pair[0].get<int64_t>(), pair[1].get<int64_t>());
    if (spans.back().first >= spans.back().second) {
      throw ApiError(400, "a span is empty", "spans", "out_of_range");
    }
  }
  return spans;
}

}  // namespace

void post_units_rank(Api& api, const ExchangePtr& exchange) {
  const JsonValue json = parse_json_object(exchange->request().body);
  const Fields fields(json, {kInspectionFields, kUnitsFields});
  const InspectionInput text = read_inspection_input(api, fields);
  const UnitValueKind kind = value_kind(fields, text);
  const std::vector<float> values = values_of(api, exchange, text, kind);
  const UnitReport report = make_unit_report(text.model->config(), text.model->vocabulary(),
                                             text.ids, kind, values, while_wanted(api, exchange));
  Json reply = {{"text", text.text}};
  reply.update(unit_report_json(report, static_cast<size_t>(fields.integer("limit", 8))));
  if (fields.boolean("control", false)) {
    const Control control = make_control(api, exchange, text, kind);
    reply["features"] =
        with_control(reply.at("features"),
                     make_unit_report(text.model->config(), text.model->vocabulary(), text.ids,
                                      kind, control.values, while_wanted(api, exchange)));
    reply["control"] = control.json;
  }
  reply_json(exchange, reply);
}

void post_units_search(Api& api, const ExchangePtr& exchange) {
  const JsonValue json = parse_json_object(exchange->request().body);
  const Fields fields(json, {kInspectionFields, kUnitsFields});
  const InspectionInput text = read_inspection_input(api, fields);
  const std::vector<Span> spans = read_spans(fields, static_cast<int64_t>(text.ids.size()));
  const UnitValueKind kind = value_kind(fields, text);
  const std::vector<float> values = values_of(api, exchange, text, kind);
  const ModelConfig& config = text.model->config();
  const auto search_in = [&](std::span<const float> all, size_t limit) {
    return search_units({config.layers, static_cast<int>(text.ids.size()), config.hidden_size, all,
                         while_wanted(api, exchange)},
                        spans, fields.integer("around", 100), limit);
  };
  const SpanSearch search = search_in(values, static_cast<size_t>(fields.integer("limit", 20)));
  Json units = Json::array();
  for (size_t i = 0; i < search.units.size(); ++i) {
    units.push_back(unit_json(search.units[i], true));
    units.back()["threshold"] = json_number(search.thresholds[i]);
  }
  Json reply = {{"text", text.text},
                {"values", unit_value_name(kind)},
                {"units", std::move(units)},
                {"matches", spans_json(search.matches)}};
  if (fields.boolean("control", false)) {
    Control control = make_control(api, exchange, text, kind);
    const SpanSearch chance = search_in(control.values, 1);
    if (!chance.units.empty()) control.json["score"] = json_number(chance.units.front().score);
    reply["control"] = std::move(control.json);
  }
  reply_json(exchange, reply);
}

}  // namespace charrnn
