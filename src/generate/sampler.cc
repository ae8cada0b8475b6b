// The draw: logits → penalties and bias → temperature → truncation → inverse CDF in id order.
// Truncation only zeroes weights, so limits that cut nothing change nothing.
#include "generate/sampler.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory_resource>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "generate/nonpositive_exp.h"
#include "generate/top_k.h"

namespace charrnn {
namespace {

using Values = std::pmr::vector<double>;

constexpr uint64_t kSamplingPurpose = 0x73616d706c65;  // keeps these draws apart from other uses

// Room on the stack for the usual vocabularies; larger ones go to the heap.
struct Scratch {
  std::byte bytes[12 << 10];
  std::pmr::monotonic_buffer_resource memory{bytes, sizeof(bytes)};
};

void adjust(std::span<double> scores, const SamplingSettings& settings,
            std::span<const int32_t> counts) {
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    scores[i] -= settings.presence_penalty + settings.frequency_penalty * counts[i];
  }
  for (const auto& [id, bias] : settings.bias) {
    if (id >= 0 && static_cast<size_t>(id) < scores.size()) scores[id] += bias;
  }
}

[[noreturn]] void throw_not_finite() {
  throw Error(ErrorKind::kModel, "scores_not_finite",
              "cannot draw a character: the network's scores are not finite numbers",
              "the model's weights are damaged or too large; train it again");
}

int32_t greedy(std::span<const double> scores) {
  const auto best = std::max_element(scores.begin(), scores.end());
  for (const double score : scores) {
    if (std::isnan(score)) throw_not_finite();
  }
  if (!std::isfinite(*best)) throw_not_finite();
  return static_cast<int32_t>(best - scores.begin());
}

// Eight independent maxima hide the latency of the comparison. Skips NaN, which shows in the sum of
// the weights.
double max_of(std::span<const double> scores) {
  double lanes[8];
  std::fill_n(lanes, 8, scores[0]);
  size_t i = 0;
  for (; i + 8 <= scores.size(); i += 8) {
    for (size_t lane = 0; lane < 8; ++lane) {
      const double score = scores[i + lane];
      lanes[lane] = score > lanes[lane] ? score : lanes[lane];
    }
  }
  double max = *std::max_element(lanes, lanes + 8);
  for (; i < scores.size(); ++i) max = std::max(max, scores[i]);
  return max;
}

void exponentiate(std::span<const double> scores, double max, double temperature,
                  std::span<double> weights) {
  const double* const from = scores.data();
  double* const to = weights.data();
  const size_t size = scores.size();
  for (size_t i = 0; i < size; ++i) to[i] = nonpositive_exp((from[i] - max) / temperature);
}

// Zeroes the weights that top-k and top-p cut off. Of equal scores the lower id comes first.
void cut_tail(std::span<const double> scores, const SamplingSettings& settings, Values& weights) {
  const size_t size = scores.size();
  std::pmr::vector<int32_t> order(size, weights.get_allocator().resource());
  const size_t top_k =
      settings.top_k > 0 ? std::min(static_cast<size_t>(settings.top_k), size) : size;
  select_top_k(scores, top_k, std::span(order));
  size_t kept = top_k;
  if (settings.top_p < 1) {
    double total = 0, sum = 0;
    for (size_t i = 0; i < top_k; ++i) total += weights[order[i]];
    kept = 0;
    do sum += weights[order[kept++]];
    while (kept < top_k && sum < settings.top_p * total);
  }
  for (size_t i = kept; i < size; ++i) weights[order[i]] = 0;
}

// The first i with weights[0] + … + weights[i] > uniform × their sum. Replaces the weights by these
// sums.
int32_t pick(std::span<double> weights, double uniform) {
  double sum = 0;
  for (double& weight : weights) {
    sum += weight;
    weight = sum;
  }
  if (!std::isfinite(sum)) throw_not_finite();
  auto found = std::upper_bound(weights.begin(), weights.end(), uniform * sum);
  // If rounding made the product equal to the sum: the last one with a weight.
  if (found == weights.end()) found = std::lower_bound(weights.begin(), weights.end(), sum);
  return static_cast<int32_t>(found - weights.begin());
}

}  // namespace

double sampling_uniform(uint64_t seed, uint64_t index, uint64_t position) {
  return counter_uniform(counter_key(seed, index, position, kSamplingPurpose));
}

// weight_i = exp((score_i - max) / temperature), in (0, 1] for any temperature: a tiny one makes
// the exponents -infinity, a huge one makes them 0.
int32_t draw(std::span<const float> logits, const SamplingSettings& settings,
             std::span<const int32_t> counts, double uniform) {
  check(!logits.empty(), "there is a character to draw");
  check(counts.empty() || counts.size() == logits.size(), "one count for each character");
  Scratch scratch;
  Values scores(logits.begin(), logits.end(), &scratch.memory);
  adjust(scores, settings, counts);
  if (settings.temperature == 0) return greedy(scores);
  const double max = max_of(scores);
  Values weights(scores.size(), &scratch.memory);
  exponentiate(scores, max, settings.temperature, weights);
  if (settings.top_k > 0 || settings.top_p < 1) cut_tail(scores, settings, weights);
  if (settings.min_p > 0) {  // the top weight is 1
    for (double& weight : weights) {
      if (weight < settings.min_p) weight = 0;
    }
  }
  return pick(weights, uniform);
}

// log p_i = l_i - max - log sum_j exp(l_j - max)
void log_softmax(std::span<float> logits) {
  const double max = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - max);
  const double shift = max + std::log(sum);
  for (float& logit : logits) logit = static_cast<float>(logit - shift);
}

}  // namespace charrnn
