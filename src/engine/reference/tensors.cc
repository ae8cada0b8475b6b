#include "engine/reference/tensors.h"

#include "base/error.h"

namespace charrnn::reference {

Tensors::Tensors(const ModelConfig& config)
    : layout_(parameter_layout(config)), values_(static_cast<size_t>(parameter_count(config))) {}

Tensors::Tensors(const Parameters& parameters)
    : layout_(parameters.layout()),
      values_(parameters.values().begin(), parameters.values().end()) {}

Parameters Tensors::rounded(const ModelConfig& config) const {
  Parameters parameters(config);
  const std::span<float> target = parameters.values();
  check(target.size() == values_.size(), "tensors are stored for their own configuration");
  for (size_t i = 0; i < target.size(); ++i) target[i] = static_cast<float>(values_[i]);
  return parameters;
}

std::span<double> Tensors::tensor(int i) {
  return std::span<double>(values_).subspan(layout_[i].offset, layout_[i].size());
}

std::span<const double> Tensors::tensor(int i) const {
  return std::span<const double>(values_).subspan(layout_[i].offset, layout_[i].size());
}

// Four sums side by side, because one addition must wait for the one before it.
double dot(std::span<const double> a, std::span<const double> b) {
  double sums[4] = {0, 0, 0, 0};
  size_t i = 0;
  for (; i + 4 <= a.size(); i += 4) {
    for (size_t lane = 0; lane < 4; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  for (; i < a.size(); ++i) sums[0] += a[i] * b[i];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

void add_scaled(std::span<double> y, double s, std::span<const double> x) {
  for (size_t i = 0; i < x.size(); ++i) y[i] += s * x[i];
}

void Tensors::round() {
  for (double& value : values_) value = static_cast<float>(value);
}

}  // namespace charrnn::reference
