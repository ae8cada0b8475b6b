#include "base/statistics/mean_interval.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace charrnn {
namespace {

constexpr int64_t kMaxBatches = 32, kMinBatches = 5, kMinBatchSize = 16;

// The 97.5 % quantile of Student's t with 4 to 31 degrees of freedom (Abramowitz and Stegun 26.10,
// rounded to three places).
constexpr double kStudent[] = {2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
                               2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069,
                               2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042, 2.040};

int64_t batches_of(int64_t count) {
  return std::clamp<int64_t>(count / kMinBatchSize, 1, kMaxBatches);
}

}  // namespace

MeanInterval::MeanInterval(int64_t count)
    : count_(count),
      batch_end_(count / batches_of(count)),
      sums_(batches_of(count)),
      sizes_(sums_.size()) {}

void MeanInterval::add(double value, int64_t times) {
  check(added_ + times <= count_, "no more values come than were announced");
  const auto batches = static_cast<int64_t>(sums_.size());
  while (times > 0) {
    if (added_ == batch_end_) {  // no batch is empty
      ++batch_;
      batch_end_ = (batch_ + 1) * count_ / batches;
    }
    const int64_t now = std::min(times, batch_end_ - added_);
    sums_[batch_].add(value * static_cast<double>(now));
    sizes_[batch_] += now;
    added_ += now;
    times -= now;
  }
}

void MeanInterval::add(std::span<const float> values) {
  for (const float value : values) add(value, 1);
}

double MeanInterval::sum() const {
  CompensatedSum total;
  for (const CompensatedSum& sum : sums_) total.add(sum);
  return total.value();
}

double MeanInterval::mean() const { return sum() / static_cast<double>(added_); }

double MeanInterval::margin() const {
  const auto batches = static_cast<int64_t>(sums_.size());
  if (batches < kMinBatches || added_ < count_) return std::numeric_limits<double>::quiet_NaN();
  double mean_of_means = 0, squares = 0;
  std::vector<double> means;
  for (size_t i = 0; i < sums_.size(); ++i) {
    means.push_back(sums_[i].value() / static_cast<double>(sizes_[i]));
    mean_of_means += means.back() / static_cast<double>(batches);
  }
  for (const double m : means) squares += (m - mean_of_means) * (m - mean_of_means);
  const double variance = squares / static_cast<double>(batches - 1);
  return kStudent[batches - kMinBatches] * std::sqrt(variance / static_cast<double>(batches));
}

}  // namespace charrnn
