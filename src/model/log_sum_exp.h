// The normalizer of a softmax: log p[i] = logits[i] - log_sum_exp(logits).
#pragma once

#include <algorithm>
#include <cmath>
#include <span>

namespace charrnn {

// log sum over i of exp(values[i]), in double. The largest value is taken off first, so that no
// exponential overflows. (Kernels have vector forms of their own.)
template <class Number>
double log_sum_exp(std::span<const Number> values) {
  const double max = *std::max_element(values.begin(), values.end());
  double sum = 0;
  for (const Number value : values) sum += std::exp(value - max);
  return max + std::log(sum);
}

}  // namespace charrnn
