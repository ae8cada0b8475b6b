// The endpoints that find units: by what they track, and by a selection.
#include <algorithm>
#include <cmath>
#include <map>

#include "serve/endpoints.h"
#include "serve/looked_at_text.h"
#include "serve/unit_ranking.h"

namespace charrnn {
namespace {

constexpr Field kFields[] = {
    {"values", FieldKind::kText, 1, 16},
    {"limit", FieldKind::kInteger, 1, 100},
    {"around", FieldKind::kInteger, 1, kMostLookedAt},
    {"spans", FieldKind::kOther},
};

constexpr size_t kMostSpans = 64;
constexpr size_t kMostStretches = 2000;

// tanh(c) or h of all units; `name` says which.
std::vector<float> unit_values(const Fields& fields, const LookedAtText& text, std::string& name) {
  const bool is_lstm = text.model->config().cell == CellKind::kLstm;
  name = fields.text("values", is_lstm ? "cell" : "hidden");
  if (name != "hidden" && name != "cell") {
    throw ApiError(400, "values is hidden or cell", "values", "out_of_range");
  }
  if (name == "cell" && !is_lstm) {
    throw ApiError(400, "only an LSTM has cell values", "values", "out_of_range");
  }
  Trace trace = trace_text(text);
  if (name == "hidden") return std::move(trace.hidden);
  for (float& value : trace.cell) value = std::tanh(value);
  return std::move(trace.cell);
}

UnitValues view_of(const LookedAtText& text, const std::vector<float>& values) {
  const ModelConfig& config = text.model->config();
  return {config.layers, static_cast<int>(text.ids.size()), config.hidden_size, values};
}

Json unit_json(const UnitScore& unit, bool is_binary) {
  Json json = {{"layer", unit.layer},
               {"unit", unit.unit},
               {"score", short_number(unit.score)},
               {"sign", unit.sign}};
  if (is_binary) {
    json["mean_on"] = short_number(unit.mean_on);
    json["mean_off"] = short_number(unit.mean_off);
  }
  return json;
}

Json spans_json(const std::vector<Span>& spans) {
  Json json = Json::array();
  for (size_t i = 0; i < std::min(spans.size(), kMostStretches); ++i) {
    json.push_back({spans[i].first, spans[i].second});
  }
  return json;
}

// For each unit its best feature, best units first.
Json best_json(const std::vector<FeatureRanking>& rankings, size_t limit) {
  struct Best {
    UnitScore unit;
    std::string feature;
  };
  std::map<std::pair<int, int>, Best> by_unit;
  for (const FeatureRanking& ranking : rankings) {
    for (const UnitScore& unit : ranking.units) {
      Best& best = by_unit[{unit.layer, unit.unit}];
      if (best.feature.empty() || unit.score > best.unit.score) best = {unit, ranking.feature.name};
    }
  }
  std::vector<Best> all;
  for (auto& [key, best] : by_unit) all.push_back(std::move(best));
  std::stable_sort(all.begin(), all.end(),
                   [](const Best& a, const Best& b) { return a.unit.score > b.unit.score; });
  Json json = Json::array();
  for (size_t i = 0; i < std::min(limit, all.size()); ++i) {
    json.push_back({{"layer", all[i].unit.layer},
                    {"unit", all[i].unit.unit},
                    {"feature", all[i].feature},
                    {"score", short_number(all[i].unit.score)},
                    {"sign", all[i].unit.sign}});
  }
  return json;
}

std::vector<Span> read_spans(const Fields& fields, int64_t times) {
  const JsonValue* value = fields.find("spans");
  if (!value) throw ApiError(400, "spans are missing", "spans", "missing");
  if (!value->is_array() || value->empty() || value->size() > kMostSpans) {
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
  const Fields fields(json, {kTextFields, kFields});
  const auto limit = static_cast<size_t>(fields.integer("limit", 8));
  const LookedAtText text = read_looked_at(api, fields);
  std::string name;
  const std::vector<float> values = unit_values(fields, text, name);
  std::vector<char32_t> characters;
  for (const int32_t id : text.ids) characters.push_back(text.model->vocabulary().symbols()[id]);
  // All units are ranked, so that each unit's best feature is known; few are shown.
  std::vector<FeatureRanking> rankings =
      rank_units(view_of(text, values), text_features(characters), values.size());
  const Json best = best_json(rankings, std::max<size_t>(limit, 20));
  Json features = Json::array(), skipped = Json::array();
  for (FeatureRanking& ranking : rankings) {
    const TextFeature& feature = ranking.feature;
    if (ranking.units.empty()) {
      skipped.push_back({{"name", feature.name},
                         {"title", feature.title},
                         {"reason", ranking.positives == 0 ? "never occurs in this text"
                                                           : "is the same all over this text"}});
      continue;
    }
    Json units = Json::array();
    for (size_t i = 0; i < std::min(limit, ranking.units.size()); ++i) {
      units.push_back(unit_json(ranking.units[i], feature.is_binary));
    }
    Json entry = {{"name", feature.name},
                  {"title", feature.title},
                  {"kind", feature.is_binary ? "binary" : "numeric"},
                  {"positives", ranking.positives}};
    if (feature.is_binary) entry["positions"] = spans_json(stretches(feature.values));
    entry["units"] = std::move(units);
    features.push_back(std::move(entry));
  }
  reply_json(exchange, {{"text", text.text},
                        {"values", name},
                        {"features", std::move(features)},
                        {"best", best},
                        {"skipped", std::move(skipped)}});
}

void post_units_search(Api& api, const ExchangePtr& exchange) {
  const JsonValue json = parse_json_object(exchange->request().body);
  const Fields fields(json, {kTextFields, kFields});
  const LookedAtText text = read_looked_at(api, fields);
  const std::vector<Span> spans = read_spans(fields, static_cast<int64_t>(text.ids.size()));
  std::string name;
  const std::vector<float> values = unit_values(fields, text, name);
  const SpanSearch search =
      search_units(view_of(text, values), spans, fields.integer("around", 100),
                   static_cast<size_t>(fields.integer("limit", 20)));
  Json units = Json::array();
  for (size_t i = 0; i < search.units.size(); ++i) {
    units.push_back(unit_json(search.units[i], true));
    units.back()["threshold"] = short_number(search.thresholds[i]);
  }
  reply_json(exchange, {{"text", text.text},
                        {"values", name},
                        {"units", std::move(units)},
                        {"matches", spans_json(search.matches)}});
}

}  // namespace charrnn
