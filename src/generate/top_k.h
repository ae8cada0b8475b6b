// Selects the highest scores: top-k of the sampler, the alternatives that a reply lists.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace charrnn {

// Fills `order`, as long as the scores, with all their ids: the `count` highest first and in
// descending order, the others in any order. Ties go to the lower id.
template <class Number>
void select_top_k(std::span<const Number> scores, size_t count, std::span<int32_t> order) {
  std::iota(order.begin(), order.end(), 0);
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                    [scores](int32_t a, int32_t b) {
                      return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
                    });
}

// The ids of the `count` highest scores (or of all) in descending order.
inline std::vector<int32_t> top_k_ids(std::span<const float> scores, size_t count) {
  std::vector<int32_t> order(scores.size());
  count = std::min(count, order.size());
  select_top_k(scores, count, std::span(order));
  order.resize(count);
  return order;
}

}  // namespace charrnn
