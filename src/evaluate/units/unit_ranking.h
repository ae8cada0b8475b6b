// Ranks units by what they track: their values over a text against features of the text or spans
// marked by the user.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "evaluate/units/text_features.h"

namespace charrnn {

// Values of all units over a text: [layers][times][hidden_size].
struct UnitValues {
  int layers = 0;
  int times = 0;
  int hidden_size = 0;
  std::span<const float> values;
  std::function<void()> between = {};  // called before each unit; may throw, to end what is long

  std::vector<float> unit(int layer, int number) const;  // [times]
};

struct UnitScore {
  int layer = 0;
  int unit = 0;
  double score = 0;    // binary: |2 AUC - 1|; numeric: |Pearson's correlation|
  int sign = 1;        // -1: low where the feature is high
  double mean_on = 0;  // binary: the mean where it holds, and where not
  double mean_off = 0;
};

struct FeatureRanking {
  TextFeature feature;
  int64_t positives = 0;
  std::vector<UnitScore> units;  // best first
};

// Each feature with its best `limit` units. A feature that is constant in this text has none.
std::vector<FeatureRanking> rank_units(const UnitValues& values, std::vector<TextFeature> features,
                                       size_t limit);

using Span = std::pair<int64_t, int64_t>;  // [begin, end)

struct SpanSearch {
  std::vector<UnitScore> units;    // best first
  std::vector<double> thresholds;  // of each: half way between its means
  std::vector<Span> matches;       // other stretches over which the best three are on too
};

// Units on over the spans and off in the `around` characters on either side.
SpanSearch search_units(const UnitValues& values, const std::vector<Span>& spans, int64_t around,
                        size_t limit);

// The stretches where flags are set.
std::vector<Span> stretches(std::span<const float> flags);

}  // namespace charrnn
