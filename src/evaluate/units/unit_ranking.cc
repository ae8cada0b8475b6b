#include "evaluate/units/unit_ranking.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace charrnn {
namespace {

// Ranks from 1, ties share their mean rank.
void rank(const std::vector<float>& values, std::vector<int32_t>& order,
          std::vector<float>& ranks) {
  order.resize(values.size());
  ranks.resize(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](int32_t a, int32_t b) { return values[a] < values[b]; });
  for (size_t i = 0; i < order.size();) {
    size_t end = i + 1;
    while (end < order.size() && values[order[end]] == values[order[i]]) ++end;
    const float mean = static_cast<float>(i + 1 + end) / 2;
    for (; i < end; ++i) ranks[order[i]] = mean;
  }
}

// AUC by Mann and Whitney: (R - P (P + 1) / 2) / (P N), R the sum of the ranks of the P positives
// among P + N values.
UnitScore binary_score(const std::vector<float>& values, const std::vector<float>& ranks,
                       std::span<const float> flags) {
  double rank_sum = 0, on = 0, off = 0, positives = 0;
  for (size_t t = 0; t < values.size(); ++t) {
    if (flags[t] > 0) {
      rank_sum += ranks[t];
      on += values[t];
      ++positives;
    } else {
      off += values[t];
    }
  }
  const double negatives = static_cast<double>(values.size()) - positives;
  const double auc = (rank_sum - positives * (positives + 1) / 2) / (positives * negatives);
  UnitScore score;
  score.score = std::abs(2 * auc - 1);
  score.sign = auc < 0.5 ? -1 : 1;
  score.mean_on = on / positives;
  score.mean_off = off / negatives;
  return score;
}

UnitScore numeric_score(const std::vector<float>& values, std::span<const float> numbers) {
  const auto count = static_cast<double>(values.size());
  double x = 0, y = 0, xx = 0, yy = 0, xy = 0;
  const double shift_x = values[0], shift_y = numbers[0];  // against cancellation
  for (size_t t = 0; t < values.size(); ++t) {
    const double a = values[t] - shift_x, b = numbers[t] - shift_y;
    x += a, y += b, xx += a * a, yy += b * b, xy += a * b;
  }
  const double variance = (xx - x * x / count) * (yy - y * y / count);
  const double correlation = variance > 1e-12 ? (xy - x * y / count) / std::sqrt(variance) : 0;
  UnitScore score;
  score.score = std::min(1.0, std::abs(correlation));
  score.sign = correlation < 0 ? -1 : 1;
  return score;
}

void keep_best(std::vector<UnitScore>& units, size_t limit) {
  std::stable_sort(units.begin(), units.end(),
                   [](const UnitScore& a, const UnitScore& b) { return a.score > b.score; });
  if (units.size() > limit) units.resize(limit);
}

bool is_constant(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [&](float v) { return v == values[0]; });
}

template <class Action>
void for_each_unit(const UnitValues& values, Action&& action) {
  for (int layer = 0; layer < values.layers; ++layer) {
    for (int unit = 0; unit < values.hidden_size; ++unit) {
      if (values.between) values.between();
      action(layer, unit, values.unit(layer, unit));
    }
  }
}

// 1 over the spans, 0 around them, -1 elsewhere (ignored).
std::vector<int8_t> mark(const std::vector<Span>& spans, int64_t around, int64_t times) {
  std::vector<int8_t> marks(times, -1);
  for (const auto& [begin, end] : spans) {
    for (int64_t t = std::max<int64_t>(0, begin - around); t < std::min(times, end + around); ++t) {
      marks[t] = std::max<int8_t>(marks[t], 0);
    }
  }
  for (const auto& [begin, end] : spans) std::fill(&marks[begin], &marks[begin] + (end - begin), 1);
  return marks;
}

std::vector<Span> find_matches(const UnitValues& values, const SpanSearch& search,
                               const std::vector<Span>& spans) {
  std::vector<float> flags(values.times, 1.0f);
  for (size_t i = 0; i < std::min<size_t>(3, search.units.size()); ++i) {
    const UnitScore& unit = search.units[i];
    const std::vector<float> series = values.unit(unit.layer, unit.unit);
    for (int t = 0; t < values.times; ++t) {
      if ((series[t] - search.thresholds[i]) * unit.sign <= 0) flags[t] = 0;
    }
  }
  int64_t shortest = values.times;
  for (const auto& [begin, end] : spans) shortest = std::min(shortest, end - begin);
  std::vector<Span> matches;
  for (const Span& stretch : stretches(flags)) {
    const bool marked = std::any_of(spans.begin(), spans.end(), [&](const Span& span) {
      return stretch.first < span.second && span.first < stretch.second;
    });
    if (!marked && 2 * (stretch.second - stretch.first) >= shortest) matches.push_back(stretch);
  }
  return matches;
}

}  // namespace

std::vector<float> UnitValues::unit(int layer, int number) const {
  std::vector<float> series(times);
  const size_t first = static_cast<size_t>(layer) * times * hidden_size + number;
  for (int t = 0; t < times; ++t) series[t] = values[first + size_t(t) * hidden_size];
  return series;
}

std::vector<FeatureRanking> rank_units(const UnitValues& values, std::vector<TextFeature> features,
                                       size_t limit) {
  std::vector<FeatureRanking> rankings;
  for (TextFeature& feature : features) {
    const auto positives = std::count_if(feature.values.begin(), feature.values.end(),
                                         [](float value) { return value > 0; });
    rankings.push_back({std::move(feature), positives, {}});
  }
  std::vector<int32_t> order;
  std::vector<float> ranks;
  for_each_unit(values, [&](int layer, int unit, const std::vector<float>& series) {
    rank(series, order, ranks);
    for (FeatureRanking& ranking : rankings) {
      const std::vector<float>& truth = ranking.feature.values;
      if (is_constant(truth)) continue;
      UnitScore score = ranking.feature.is_binary ? binary_score(series, ranks, truth)
                                                  : numeric_score(series, truth);
      score.layer = layer, score.unit = unit;
      ranking.units.push_back(score);
    }
  });
  for (FeatureRanking& ranking : rankings) keep_best(ranking.units, limit);
  return rankings;
}

SpanSearch search_units(const UnitValues& values, const std::vector<Span>& spans, int64_t around,
                        size_t limit) {
  const std::vector<int8_t> marks = mark(spans, around, values.times);
  std::vector<float> flags;
  for (const int8_t one : marks) {
    if (one >= 0) flags.push_back(one);
  }
  SpanSearch search;
  if (is_constant(flags)) return search;  // nothing around to be off over
  std::vector<int32_t> order;
  std::vector<float> ranks, near;
  for_each_unit(values, [&](int layer, int unit, const std::vector<float>& series) {
    near.clear();
    for (int t = 0; t < values.times; ++t) {
      if (marks[t] >= 0) near.push_back(series[t]);
    }
    rank(near, order, ranks);
    UnitScore score = binary_score(near, ranks, flags);
    score.layer = layer, score.unit = unit;
    search.units.push_back(score);
  });
  keep_best(search.units, limit);
  for (const UnitScore& unit : search.units) {
    search.thresholds.push_back((unit.mean_on + unit.mean_off) / 2);
  }
  search.matches = find_matches(values, search, spans);
  return search;
}

std::vector<Span> stretches(std::span<const float> flags) {
  std::vector<Span> result;
  for (size_t t = 0; t < flags.size(); ++t) {
    if (flags[t] <= 0) continue;
    const auto here = static_cast<int64_t>(t);
    if (!result.empty() && result.back().second == here) {
      ++result.back().second;
    } else {
      result.emplace_back(here, here + 1);
    }
  }
  return result;
}

}  // namespace charrnn
