// A network's numbers in double: the tensors of model/parameters.h, and the four loops over
// matrices that everything else is made of.
#pragma once

#include <span>
#include <vector>

#include "model/parameters.h"

namespace charrnn::reference {

using Vector = std::vector<double>;

class Tensors {
 public:
  Tensors() = default;
  explicit Tensors(const ModelConfig& config);          // zeros
  explicit Tensors(const Parameters& parameters);       // the same numbers
  Parameters rounded(const ModelConfig& config) const;  // to float32
  void round();                                         // to float32, in place

  std::span<double> tensor(int i);
  std::span<const double> tensor(int i) const;
  Vector& values() { return values_; }
  const Vector& values() const { return values_; }
  bool empty() const { return values_.empty(); }

 private:
  std::vector<TensorInfo> layout_;
  Vector values_;
};

// The places of tensors in the layout.
struct Places {
  static constexpr int embedding = 0;
  static constexpr int weight_ih(int layer) { return 1 + 4 * layer; }
  static constexpr int weight_hh(int layer) { return 2 + 4 * layer; }
  static constexpr int bias_ih(int layer) { return 3 + 4 * layer; }
  static constexpr int bias_hh(int layer) { return 4 + 4 * layer; }
  static constexpr int fc_weight(int layers) { return 1 + 4 * layers; }
  static constexpr int fc_bias(int layers) { return 2 + 4 * layers; }
};

// sum over i of a[i] b[i]
double dot(std::span<const double> a, std::span<const double> b);

// y += s x
void add_scaled(std::span<double> y, double s, std::span<const double> x);

// Row r of a row-major matrix whose rows have `width` values.
inline std::span<const double> row(std::span<const double> matrix, int r, size_t width) {
  return matrix.subspan(static_cast<size_t>(r) * width, width);
}
inline std::span<double> row(std::span<double> matrix, int r, size_t width) {
  return matrix.subspan(static_cast<size_t>(r) * width, width);
}

}  // namespace charrnn::reference
