// Summary statistics of a tensor's values.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace charrnn {

struct TensorStatistics {
  static constexpr int kBins = 12;

  int64_t finite = 0;
  int64_t not_finite = 0;  // NaN and Inf, excluded from all other figures
  double mean = 0;
  double deviation = 0;  // standard, of the values themselves
  double min = 0;
  double max = 0;
  std::array<int64_t, kBins> bins = {};  // of equal width from min to max
};

TensorStatistics tensor_statistics(std::span<const float> values);

// A line of blocks, as high as the bins are full: "▁▂▅█▅▂▁".
std::string bins_text(const TensorStatistics& statistics);

}  // namespace charrnn
