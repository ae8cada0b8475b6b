// A margin for the mean of an autocorrelated series, such as the losses of a text, by the method of
// batch means.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/statistics/compensated_sum.h"

namespace charrnn {

// The values are cut into b <= 32 consecutive batches of equal size (to within one value). If
// batches are long compared with the correlation, their means m_i are nearly independent, and with
// their mean m
//
//   margin = t s / sqrt(b)      s² = sum over i of (m_i - m)² / (b - 1)
//
// where t is Student's 97.5 % quantile for b - 1 degrees of freedom (Schmeiser 1982). In a series
// whose batches differ as those of a text do, over all distances, m ± margin holds the mean of a
// longer series less often than 95 times in 100 (docs/evaluation.md).
class MeanInterval {
 public:
  // count: how many values will come.
  explicit MeanInterval(int64_t count);

  void add(double value) { add(value, 1); }
  void add(double value, int64_t times);  // the same value several times
  void add(std::span<const float> values);

  int64_t count() const { return added_; }
  double sum() const;
  double mean() const;
  // NaN below five batches of 16 values.
  double margin() const;

 private:
  int64_t count_;
  int64_t added_ = 0;
  int batch_ = 0;
  int64_t batch_end_;
  std::vector<CompensatedSum> sums_;  // of each batch
  std::vector<int64_t> sizes_;
};

}  // namespace charrnn
