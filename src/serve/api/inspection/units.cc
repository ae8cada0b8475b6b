// The endpoints that find units: by what they track, and by a selection.
#include <algorithm>
#include <cmath>

#include "evaluate/units/unit_report.h"
#include "serve/api/endpoints.h"
#include "serve/api/inspection/inspection_input.h"
#include "serve/api/reply_size.h"
#include "serve/models/limits.h"

namespace charrnn {
namespace {

constexpr Field kUnitsFields[] = {
    {"values", FieldKind::kText, 1, 16},
    {"limit", FieldKind::kInteger, 1, 100},
    {"around", FieldKind::kInteger, 1, kMaxInspected},
    {"spans", FieldKind::kOther},
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

// [layers][times][hidden_size]
std::vector<float> values_of(const Api& api, const ExchangePtr& exchange,
                             const InspectionInput& text, UnitValueKind kind) {
  const ModelConfig& config = text.model->config();
  const size_t hidden = config.hidden_size, times = text.ids.size();
  check_work_size({config.layers, static_cast<int64_t>(times), config.hidden_size}, "text",
                  "send a shorter text");
  std::vector<float> values(config.layers * times * hidden);
  trace_in_parts(api, exchange, *text.model, text.ids, [&](size_t begin, const Trace& part) {
    const bool is_hidden = kind == UnitValueKind::kHidden;
    const std::vector<float>& from = is_hidden ? part.hidden : part.cell;
    const size_t count = part.times * hidden;  // of one layer
    for (size_t layer = 0; layer < static_cast<size_t>(config.layers); ++layer) {
      const auto source = std::span(from).subspan(layer * count, count);
      std::transform(source.begin(), source.end(), &values[(layer * times + begin) * hidden],
                     [&](float value) { return is_hidden ? value : std::tanh(value); });
    }
  });
  return values;
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
  const SpanSearch search = search_units({config.layers, static_cast<int>(text.ids.size()),
                                          config.hidden_size, values, while_wanted(api, exchange)},
                                         spans, fields.integer("around", 100),
                                         static_cast<size_t>(fields.integer("limit", 20)));
  Json units = Json::array();
  for (size_t i = 0; i < search.units.size(); ++i) {
    units.push_back(unit_json(search.units[i], true));
    units.back()["threshold"] = json_number(search.thresholds[i]);
  }
  reply_json(exchange, {{"text", text.text},
                        {"values", unit_value_name(kind)},
                        {"units", std::move(units)},
                        {"matches", spans_json(search.matches)}});
}

}  // namespace charrnn
