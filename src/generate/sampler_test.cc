#include "generate/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <vector>

#include "base/error.h"
#include "generate/deterministic_exp.h"

namespace charrnn {
namespace {

std::vector<float> random_logits(int size, uint32_t seed, float spread = 2) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, spread);
  std::vector<float> logits(size);
  for (float& logit : logits) logit = normal(random);
  return logits;
}

// The distribution that draw() should follow, written the slow way: whole probabilities, sorted
// lists, renormalized after each step.
std::vector<double> expected_distribution(const std::vector<float>& logits,
                                          const SamplingSettings& settings,
                                          const std::vector<int32_t>& counts = {}) {
  struct Candidate {
    long double score;
    size_t id;
    long double probability;
  };
  std::vector<Candidate> candidates;
  for (size_t id = 0; id < logits.size(); ++id) {
    long double score = logits[id];
    if (!counts.empty() && counts[id] > 0) score -= settings.presence_penalty;
    if (!counts.empty()) score -= settings.frequency_penalty * counts[id];
    if (const auto bias = settings.bias.find(static_cast<int32_t>(id));
        bias != settings.bias.end()) {
      score += bias->second;
    }
    candidates.push_back({score / settings.temperature, id, 0});
  }
  const auto normalize = [&] {
    long double sum = 0;
    for (auto& candidate : candidates) sum += std::exp(candidate.score - candidates[0].score);
    for (auto& candidate : candidates) {
      candidate.probability = std::exp(candidate.score - candidates[0].score) / sum;
    }
  };
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });
  if (settings.top_k > 0 && static_cast<size_t>(settings.top_k) < candidates.size()) {
    candidates.resize(settings.top_k);
  }
  normalize();
  if (settings.top_p < 1) {
    size_t kept = 0;
    long double sum = 0;
    while (kept < candidates.size() && (kept == 0 || sum < settings.top_p)) {
      sum += candidates[kept++].probability;
    }
    candidates.resize(kept);
    normalize();
  }
  std::erase_if(candidates, [top = candidates[0].probability, &settings](const Candidate& c) {
    return c.probability < settings.min_p * top;
  });
  normalize();
  std::vector<double> result(logits.size());
  for (const auto& candidate : candidates) {
    result[candidate.id] = static_cast<double>(candidate.probability);
  }
  return result;
}

// draw() is the inverse of the cumulated distribution in id order: checked on a grid of uniforms
// that stays clear of the borders between two characters.
void expect_draws_from(const std::vector<double>& distribution, const std::vector<float>& logits,
                       const SamplingSettings& settings, const std::vector<int32_t>& counts = {}) {
  double begin = 0;
  for (size_t id = 0; id < distribution.size(); ++id) {
    const double end = begin + distribution[id];
    for (const double place : {0.001, 0.3, 0.999}) {
      const double uniform = begin + place * (end - begin);
      if (distribution[id] < 1e-9 || uniform >= 1) continue;
      ASSERT_EQ(draw(logits, settings, counts, uniform), static_cast<int32_t>(id));
    }
    begin = end;
  }
  EXPECT_NEAR(begin, 1, 1e-12);
}

TEST(Draw, FollowsTheSoftmaxAtEveryTemperature) {
  for (const int size : {1, 2, 7, 19, 33, 65, 100, 3000}) {
    for (const double temperature : {0.2, 0.7, 1.0, 1.9}) {
      const auto logits = random_logits(size, size);
      SamplingSettings settings;
      settings.temperature = temperature;
      expect_draws_from(expected_distribution(logits, settings), logits, settings);
    }
  }
}

TEST(Draw, EqualsTheSlowVersionWithEverySettingAtOnce) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> uniform(0, 1);
  const auto below = [&random](int end) { return static_cast<int>(random() % end); };
  for (int round = 0; round < 300; ++round) {
    const int size = 1 + below(40);
    auto logits = random_logits(size, 1000 + round);
    SamplingSettings settings;
    settings.temperature = 0.3 + 2 * uniform(random);
    settings.top_k = below(2) == 0 ? 0 : 1 + below(50);
    settings.top_p = below(2) == 0 ? 1 : uniform(random);
    settings.min_p = below(2) == 0 ? 0 : 0.3 * uniform(random);
    settings.presence_penalty = uniform(random) - 0.5;
    settings.frequency_penalty = uniform(random) - 0.5;
    settings.bias = {{0, 1.5}, {below(size), -2.0}};
    std::vector<int32_t> counts(size);
    for (int32_t& count : counts) count = below(4);
    const auto expected = expected_distribution(logits, settings, counts);
    expect_draws_from(expected, logits, settings, counts);
  }
}

TEST(Draw, GivesEachCharacterItsShare) {
  constexpr int kDraws = 40000;
  for (const int top_k : {0, 5}) {
    const auto logits = random_logits(12, 3, 1);
    SamplingSettings settings;
    settings.top_k = top_k;
    const auto expected = expected_distribution(logits, settings);
    std::vector<int> seen(logits.size());
    for (int i = 0; i < kDraws; ++i) {
      ++seen[draw(logits, settings, {}, sampling_uniform(9, top_k, i))];
    }
    double chi_square = 0;
    int possible = 0;
    for (size_t id = 0; id < seen.size(); ++id) {
      if (expected[id] == 0) {
        EXPECT_EQ(seen[id], 0);
        continue;
      }
      ++possible;
      const double wanted = kDraws * expected[id];
      chi_square += (seen[id] - wanted) * (seen[id] - wanted) / wanted;
    }
    // Mean possible - 1, variance twice that; five standard deviations.
    EXPECT_LT(chi_square, possible - 1 + 5 * std::sqrt(2.0 * (possible - 1)));
  }
}

TEST(Draw, IsGreedyAtTemperatureZeroAndTakesTheFirstOfEquals) {
  SamplingSettings settings;
  settings.temperature = 0;
  const std::vector<float> logits = {1, 3, -2, 3, 0};
  for (const double uniform : {0.0, 0.5, 0.999}) {
    EXPECT_EQ(draw(logits, settings, {}, uniform), 1);
  }
}

TEST(Draw, NeitherOverflowsWithTinyNorWithHugeTemperatures) {
  const std::vector<float> logits = {-80, 90, 85, -1e30f};
  SamplingSettings settings;
  for (const double tiny : {1e-30, 1e-300, std::numeric_limits<double>::denorm_min()}) {
    settings.temperature = tiny;
    for (const double uniform : {0.0, 0.5, 0.999999}) {
      EXPECT_EQ(draw(logits, settings, {}, uniform), 1);
    }
  }
  settings.temperature = std::numeric_limits<double>::max();
  for (int id = 0; id < 4; ++id) {
    EXPECT_EQ(draw(logits, settings, {}, 0.25 * id + 0.125), id);
  }
}

TEST(Draw, KeepsTheTopOneWhereTopPIsZero) {
  const auto logits = random_logits(20, 8);
  SamplingSettings settings;
  settings.top_p = 0;
  const auto top = std::max_element(logits.begin(), logits.end()) - logits.begin();
  for (const double uniform : {0.0, 0.4, 0.999999}) {
    EXPECT_EQ(draw(logits, settings, {}, uniform), top);
  }
}

TEST(Draw, IsUnchangedByLimitsThatCutNothing) {
  const auto logits = random_logits(30, 4);
  SamplingSettings limits;
  limits.top_k = 1000;
  limits.top_p = 0.9999999999;
  limits.min_p = 1e-12;
  for (int i = 0; i < 500; ++i) {
    const double uniform = sampling_uniform(1, 2, i);
    EXPECT_EQ(draw(logits, limits, {}, uniform), draw(logits, {}, {}, uniform));
  }
}

TEST(Draw, RefusesScoresThatAreNotNumbers) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  for (const double temperature : {0.0, 1.0}) {
    SamplingSettings settings;
    settings.temperature = temperature;
    for (const auto& logits :
         {std::vector<float>{1, nan, 2}, {nan, 1}, {infinity, 1}, {-infinity, -infinity}}) {
      EXPECT_THROW(draw(logits, settings, {}, 0.5), Error);
    }
    // A character that cannot come is no error.
    EXPECT_EQ(draw(std::vector<float>{-infinity, 1}, settings, {}, 0.0), 1);
  }
}

TEST(NonpositiveExp, IsWithinTwoUnitsInTheLastPlace) {
  for (double x = 0; x > -707.9; x = x * 1.0003 - 1e-7) {
    const double expected = std::exp(x);
    ASSERT_NEAR(deterministic_exp(x), expected, 2 * 0x1p-52 * expected) << x;
  }
  EXPECT_EQ(deterministic_exp(0), 1);
  EXPECT_EQ(deterministic_exp(-0.0), 1);
  EXPECT_EQ(deterministic_exp(-708.8), 0);
  EXPECT_EQ(deterministic_exp(-std::numeric_limits<double>::infinity()), 0);
  EXPECT_TRUE(std::isnan(deterministic_exp(std::nan(""))));
}

TEST(SamplingUniform, DependsOnSeedTextAndPosition) {
  std::set<double> values;
  for (uint64_t part = 0; part < 50; ++part) {
    values.insert(sampling_uniform(part, 100, 100));
    values.insert(sampling_uniform(100, part, 100));
    values.insert(sampling_uniform(100, 100, part));
  }
  EXPECT_EQ(values.size(), 150u);
}

TEST(Draw, HeedsPenaltiesAndBiasHoweverLargeTheLogits) {
  for (const float common : {0.0f, 1e6f, 1e30f, -1e30f, 3e38f}) {
    const std::vector<float> logits(4, common);
    SamplingSettings settings;
    settings.presence_penalty = 1000;
    settings.bias = {{3, -1000.0}};
    const std::vector<int32_t> counts = {1, 0, 0, 0};
    EXPECT_EQ(draw(logits, settings, counts, 0.0), 1) << common;
    EXPECT_EQ(draw(logits, settings, counts, 0.75), 2) << common;
    EXPECT_EQ(draw(logits, settings, counts, 0.999), 2) << common;
  }
}

}  // namespace
}  // namespace charrnn
