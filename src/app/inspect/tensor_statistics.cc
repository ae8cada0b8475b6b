#include "app/inspect/tensor_statistics.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "app/terminal/spark_line.h"

namespace charrnn {

TensorStatistics tensor_statistics(std::span<const float> values) {
  TensorStatistics result;
  double sum = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) {
      ++result.not_finite;
      continue;
    }
    result.min = result.finite == 0 ? value : std::min(result.min, value);
    result.max = result.finite == 0 ? value : std::max(result.max, value);
    sum += value;
    ++result.finite;
  }
  if (result.finite == 0) return result;
  result.mean = sum / static_cast<double>(result.finite);
  double squares = 0;
  const double width = (result.max - result.min) / TensorStatistics::kBins;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    squares += (value - result.mean) * (value - result.mean);
    const double bin = width > 0 ? (value - result.min) / width : TensorStatistics::kBins / 2.0;
    ++result.bins[std::min(static_cast<int>(bin), TensorStatistics::kBins - 1)];
  }
  result.deviation = std::sqrt(squares / static_cast<double>(result.finite));
  return result;
}

std::string bins_text(const TensorStatistics& statistics) {
  const std::vector<double> heights(statistics.bins.begin(), statistics.bins.end());
  return spark_line(heights, 0, *std::max_element(heights.begin(), heights.end()));
}

}  // namespace charrnn
