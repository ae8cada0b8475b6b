// A sum of doubles that keeps what rounding would lose (Neumaier 1974).
#pragma once

#include <cmath>

namespace charrnn {

class CompensatedSum {
 public:
  void add(double term) {
    const double next = sum_ + term;
    lost_ += std::abs(sum_) >= std::abs(term) ? (sum_ - next) + term : (term - next) + sum_;
    sum_ = next;
  }
  void add(const CompensatedSum& other) {
    add(other.sum_);
    add(other.lost_);
  }
  double value() const { return sum_ + lost_; }

 private:
  double sum_ = 0;
  double lost_ = 0;
};

}  // namespace charrnn
