// The indices of the largest values.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace charrnn {

// Fills `order` with the indices of all values: the k largest first, in descending order and of
// equal ones the lower index first; the others in any order. order: as long as values. k: at most
// as many.
template <class Values>
void top_k(const Values& values, size_t k, std::span<int32_t> order) {
  std::iota(order.begin(), order.end(), 0);
  std::partial_sort(
      order.begin(), order.begin() + static_cast<std::ptrdiff_t>(k), order.end(),
      [&](int32_t a, int32_t b) { return values[a] != values[b] ? values[a] > values[b] : a < b; });
}

// The indices of the k largest of all values (of all where there are fewer), in that order.
template <class Values>
std::vector<int32_t> top_k_ids(const Values& values, size_t k) {
  std::vector<int32_t> order(values.size());
  k = std::min(k, order.size());
  top_k(values, k, order);
  order.resize(k);
  return order;
}

}  // namespace charrnn
