#include "evaluate/units/unit_report.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "base/json/json_number.h"
#include "evaluate/document_trace.h"

namespace charrnn {
namespace {

using Json = JsonOutput;

constexpr size_t kMaxStretches = 2000;
constexpr size_t kMinBest = 20;

std::vector<BestFeature> best_features(const std::vector<FeatureRanking>& rankings) {
  std::map<std::pair<int, int>, BestFeature> by_unit;
  for (const FeatureRanking& ranking : rankings) {
    for (const UnitScore& unit : ranking.units) {
      BestFeature& best = by_unit[{unit.layer, unit.unit}];
      if (!best.name.empty() && unit.score <= best.unit.score) continue;
      best = {unit, ranking.feature.name, ranking.feature.title};
    }
  }
  std::vector<BestFeature> all;
  for (auto& [key, best] : by_unit) all.push_back(std::move(best));
  std::stable_sort(all.begin(), all.end(), [](const BestFeature& a, const BestFeature& b) {
    return a.unit.score > b.unit.score;
  });
  return all;
}

Json feature_json(const FeatureRanking& ranking, size_t limit) {
  const TextFeature& feature = ranking.feature;
  Json json = {{"name", feature.name},
               {"title", feature.title},
               {"kind", feature.is_binary ? "binary" : "numeric"},
               {"positives", ranking.positives}};
  if (feature.is_binary) json["positions"] = spans_json(stretches(feature.values));
  Json units = Json::array();
  for (size_t i = 0; i < std::min(limit, ranking.units.size()); ++i) {
    units.push_back(unit_json(ranking.units[i], feature.is_binary));
  }
  json["units"] = std::move(units);
  return json;
}

}  // namespace

UnitValueKind usual_unit_values(CellKind cell) {
  return cell_traits(cell).has_cell_state() ? UnitValueKind::kCell : UnitValueKind::kHidden;
}

std::string_view unit_value_name(UnitValueKind kind) {
  return kind == UnitValueKind::kCell ? "cell" : "hidden";
}

std::optional<UnitValueKind> unit_value_kind(std::string_view name) {
  for (const UnitValueKind kind : {UnitValueKind::kHidden, UnitValueKind::kCell}) {
    if (name == unit_value_name(kind)) return kind;
  }
  return std::nullopt;
}

std::vector<float> unit_values(Network& network, std::span<const int32_t> ids, int32_t border,
                               UnitValueKind kind) {
  Trace trace = trace_documents(network, ids, border);
  if (kind == UnitValueKind::kHidden) return std::move(trace.hidden);
  for (float& value : trace.cell) value = std::tanh(value);
  return std::move(trace.cell);
}

UnitReport make_unit_report(const ModelConfig& config, const Vocabulary& vocabulary,
                            std::span<const int32_t> ids, UnitValueKind kind,
                            std::span<const float> values, const std::function<void()>& between) {
  std::vector<char32_t> characters;
  for (const int32_t id : ids) characters.push_back(vocabulary.symbols()[id]);
  UnitReport report;
  report.values = kind;
  // All units are ranked, so that each unit's best feature is known.
  report.features =
      rank_units({config.layers, static_cast<int>(ids.size()), config.hidden_size, values, between},
                 text_features(characters), values.size());
  report.best = best_features(report.features);
  return report;
}

std::string_view why_skipped(const FeatureRanking& ranking) {
  return ranking.positives == 0 ? "never occurs in this text" : "is the same all over this text";
}

Json unit_json(const UnitScore& unit, bool is_binary) {
  Json json = {{"layer", unit.layer},
               {"unit", unit.unit},
               {"score", json_number(unit.score)},
               {"sign", unit.sign}};
  if (is_binary) {
    json["mean_on"] = json_number(unit.mean_on);
    json["mean_off"] = json_number(unit.mean_off);
  }
  return json;
}

Json spans_json(const std::vector<Span>& spans) {
  Json json = Json::array();
  for (size_t i = 0; i < std::min(spans.size(), kMaxStretches); ++i) {
    json.push_back({spans[i].first, spans[i].second});
  }
  return json;
}

Json unit_report_json(const UnitReport& report, size_t limit) {
  Json features = Json::array(), best = Json::array(), skipped = Json::array();
  for (const FeatureRanking& ranking : report.features) {
    if (!ranking.units.empty()) {
      features.push_back(feature_json(ranking, limit));
      continue;
    }
    skipped.push_back({{"name", ranking.feature.name},
                       {"title", ranking.feature.title},
                       {"reason", why_skipped(ranking)}});
  }
  for (size_t i = 0; i < std::min(std::max(limit, kMinBest), report.best.size()); ++i) {
    const BestFeature& one = report.best[i];
    best.push_back({{"layer", one.unit.layer},
                    {"unit", one.unit.unit},
                    {"feature", one.name},
                    {"score", json_number(one.unit.score)},
                    {"sign", one.unit.sign}});
  }
  return {{"values", unit_value_name(report.values)},
          {"features", std::move(features)},
          {"best", std::move(best)},
          {"skipped", std::move(skipped)}};
}

}  // namespace charrnn
