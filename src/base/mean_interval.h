// A confidence interval of the mean of many values of which neighbours are alike, as the losses
// of a text are: by batch means.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/compensated_sum.h"

namespace charrnn {

// The values are cut into up to 32 consecutive batches of equal size (within one). Where batches
// are long against the reach of the correlation, their means m_1 … m_b are nearly independent, so
// that the mean's standard error is s / sqrt(b) with s² = sum (m_i - m)² / (b - 1), and Student's t
// with b - 1 degrees of freedom gives the interval (Schmeiser 1982).
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
  // Half the width of the 95 % interval; NaN where there are too few values for five batches of
  // 16.
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
