// The units of a network over a text, and what each of them tracks: what `charrnn show --units`
// prints and the server's units/rank replies.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/json.h"
#include "engine/network.h"
#include "evaluate/units/unit_ranking.h"
#include "text/characters/vocabulary.h"

namespace charrnn {

enum class UnitValueKind { kHidden, kCell };  // a unit's output h, or tanh(c) of an LSTM's cell

// The default: the cell state if there is one.
UnitValueKind usual_unit_values(CellKind cell);
std::string_view unit_value_name(UnitValueKind kind);  // "hidden", "cell"
std::optional<UnitValueKind> unit_value_kind(std::string_view name);

// Values of all units over the text, read from a state of zeros and again before each border
// (Model::border): [layers][times][hidden_size].
std::vector<float> unit_values(Network& network, std::span<const int32_t> ids, int32_t border,
                               UnitValueKind kind);

struct BestFeature {
  UnitScore unit;
  std::string name;  // of the feature
  std::string title;
};

struct UnitReport {
  UnitValueKind values = UnitValueKind::kHidden;
  std::vector<FeatureRanking> features;  // each with all units, or none if it was skipped
  std::vector<BestFeature> best;         // each unit with its best feature, best units first
};

// values: unit_values() of these ids. between: as in UnitValues.
UnitReport make_unit_report(const ModelConfig& config, const Vocabulary& vocabulary,
                            std::span<const int32_t> ids, UnitValueKind kind,
                            std::span<const float> values,
                            const std::function<void()>& between = {});

// Why a feature has no units.
std::string_view why_skipped(const FeatureRanking& ranking);

// "features" with the best `limit` units of each, "best", "skipped".
JsonOutput unit_report_json(const UnitReport& report, size_t limit);
JsonOutput unit_json(const UnitScore& unit, bool is_binary);
JsonOutput spans_json(const std::vector<Span>& spans);

}  // namespace charrnn
