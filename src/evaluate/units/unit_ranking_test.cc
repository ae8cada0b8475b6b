// Rankings against their definitions, written out; features against a text read by eye.
#include "evaluate/units/unit_ranking.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

namespace charrnn {
namespace {

constexpr int kLayers = 2, kTimes = 61, kUnits = 5;

std::vector<float> random_values() {
  std::mt19937 random(7);
  std::vector<float> values(kLayers * kTimes * kUnits);
  for (float& value : values) value = std::round(std::normal_distribution(0.f, 2.f)(random));
  return values;  // rounded, so that there are ties
}

TextFeature feature(bool is_binary) {
  std::mt19937 random(8);
  TextFeature result{"x", "X", is_binary, {}};
  for (int t = 0; t < kTimes; ++t) {
    result.values.push_back(static_cast<float>(random() % (is_binary ? 2 : 9)));
  }
  return result;
}

TEST(UnitRanking, ScoresAFlagByTheOddsOfAHigherValue) {
  const std::vector<float> values = random_values();
  const UnitValues units{kLayers, kTimes, kUnits, values};
  const TextFeature truth = feature(true);
  const FeatureRanking ranking = rank_units(units, {truth}, 100).front();
  ASSERT_EQ(ranking.units.size(), size_t{kLayers * kUnits});
  double last = 1;
  for (const UnitScore& unit : ranking.units) {
    const std::vector<float> series = units.unit(unit.layer, unit.unit);
    double wins = 0, pairs = 0;
    for (int a = 0; a < kTimes; ++a) {
      for (int b = 0; b < kTimes; ++b) {
        if (truth.values[a] == 0 || truth.values[b] != 0) continue;
        wins += series[a] > series[b] ? 1 : series[a] == series[b] ? 0.5 : 0;
        ++pairs;
      }
    }
    EXPECT_NEAR(unit.score, std::abs(2 * wins / pairs - 1), 1e-6);
    EXPECT_EQ(unit.sign, wins / pairs < 0.5 ? -1 : 1);
    EXPECT_LE(unit.score, last);
    last = unit.score;
  }
}

TEST(UnitRanking, ScoresANumberByItsCorrelation) {
  const std::vector<float> values = random_values();
  const UnitValues units{kLayers, kTimes, kUnits, values};
  const TextFeature truth = feature(false);
  const FeatureRanking ranking = rank_units(units, {truth}, 100).front();
  ASSERT_EQ(ranking.units.size(), size_t{kLayers * kUnits});
  for (const UnitScore& unit : ranking.units) {
    const std::vector<float> series = units.unit(unit.layer, unit.unit);
    double mean_x = 0, mean_y = 0, xy = 0, xx = 0, yy = 0;
    for (int t = 0; t < kTimes; ++t) {
      mean_x += series[t] / kTimes;
      mean_y += truth.values[t] / kTimes;
    }
    for (int t = 0; t < kTimes; ++t) {
      const double x = series[t] - mean_x, y = truth.values[t] - mean_y;
      xy += x * y, xx += x * x, yy += y * y;
    }
    EXPECT_NEAR(unit.score, std::abs(xy) / std::sqrt(xx * yy), 1e-6);
    EXPECT_EQ(unit.sign, xy < 0 ? -1 : 1);
  }
}

TEST(UnitRanking, LeavesOutWhatTheTextCannotTell) {
  const std::vector<float> values = random_values();
  TextFeature never{"n", "N", true, std::vector<float>(kTimes, 0)};
  EXPECT_TRUE(rank_units({kLayers, kTimes, kUnits, values}, {never}, 9).front().units.empty());
}

TEST(UnitRanking, FindsTheUnitThatIsOnOverASelection) {
  std::vector<float> values = random_values();
  // Unit 3 of layer 1 is on over 20 to 29, and over 45 to 54, which nobody marked.
  for (int t = 0; t < kTimes; ++t) {
    const bool on = (t >= 20 && t < 30) || (t >= 45 && t < 55);
    values[(kTimes + t) * kUnits + 3] = on ? 9.f : -9.f;
  }
  const SpanSearch search = search_units({kLayers, kTimes, kUnits, values}, {{20, 30}}, 15, 1);
  ASSERT_EQ(search.units.size(), 1u);
  EXPECT_EQ(search.units[0].layer, 1);
  EXPECT_EQ(search.units[0].unit, 3);
  EXPECT_EQ(search.units[0].score, 1);
  EXPECT_EQ(search.matches, (std::vector<Span>{{45, 55}}));
}

std::string marks(const std::vector<TextFeature>& features, const std::string& name) {
  for (const TextFeature& one : features) {
    if (one.name != name) continue;
    std::string text;
    for (const float value : one.values) text += static_cast<char>('0' + static_cast<int>(value));
    return text;
  }
  return "no such feature";
}

TEST(TextFeatures, HoldAfterTheirCharacterHasBeenRead) {
  const std::u32string text = U"a \"b c\" (d) e.\n  F";
  const auto features = text_features({text.data(), text.size()});
  //                                            a "b c" (d) e.|  F
  EXPECT_EQ(marks(features, "inside_quotes"), "001111000000000000");
  EXPECT_EQ(marks(features, "inside_brackets"), "000000001100000000");
  EXPECT_EQ(marks(features, "in_word"), "100101000100100001");
  EXPECT_EQ(marks(features, "space"), "010010010001000110");
  EXPECT_EQ(marks(features, "newline"), "000000000000001000");
  EXPECT_EQ(marks(features, "sentence_end"), "000000000000010000");
  EXPECT_EQ(marks(features, "capital"), "000000000000000001");
  EXPECT_EQ(marks(features, "line_indent"), "000000000000000122");
  EXPECT_EQ(marks(features, "line_position").substr(14), "0123");
}

}  // namespace
}  // namespace charrnn
