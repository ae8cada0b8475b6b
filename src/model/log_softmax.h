// Log-softmax of a row of logits x, natural logarithm:
//
//   log p[i] = (x[i] - m) - log sum over j of exp(x[j] - m)      m: the largest of x
//
// In this order: m + log sum, formed first, would lose the logarithm where m is large.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>

namespace charrnn {

class LogSoftmax {
 public:
  // At least one logit.
  template <class Value>
  explicit LogSoftmax(std::span<const Value> logits)
      : largest_(static_cast<double>(*std::ranges::max_element(logits))) {
    double sum = 0;
    for (const Value logit : logits) sum += std::exp(static_cast<double>(logit) - largest_);
    log_sum_ = std::log(sum);
  }

  // log p of a character with this logit.
  double operator()(double logit) const { return (logit - largest_) - log_sum_; }

 private:
  double largest_;
  double log_sum_ = 0;
};

}  // namespace charrnn
