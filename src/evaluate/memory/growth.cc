#include "evaluate/memory/growth.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace charrnn {
namespace {

constexpr double kNothing = -std::numeric_limits<double>::infinity();

// Several sums at once, for the compiler to keep in vectors.
double inner_product(std::span<const float> a, std::span<const float> b) {
  constexpr size_t kSums = 16;
  float sums[kSums] = {};
  size_t i = 0;
  for (; i + kSums <= a.size(); i += kSums) {
    for (size_t k = 0; k < kSums; ++k) sums[k] += a[i + k] * b[i + k];
  }
  double sum = std::accumulate(sums, sums + kSums, 0.0);
  for (; i < a.size(); ++i) sum += double{a[i]} * b[i];
  return sum;
}

double inner_product(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// Scales to length 1; returns the logarithm of the length that it had.
double normalize(std::vector<double>& vector) {
  const double length = std::sqrt(inner_product(vector, vector));
  if (!(length > 0)) return kNothing;
  for (double& value : vector) value /= length;
  return std::log(length);
}

}  // namespace

void orthonormalize(std::span<const std::span<float>> vectors, std::vector<double>& triangle) {
  const size_t n = vectors.size();
  triangle.assign(n * n, 0);
  for (size_t j = 0; j < n; ++j) {
    const std::span<float> v = vectors[j];
    for (size_t i = 0; i < j; ++i) {
      const double share = inner_product(vectors[i], v);
      triangle[i * n + j] = share;
      const auto factor = static_cast<float>(share);
      for (size_t k = 0; k < v.size(); ++k) v[k] -= factor * vectors[i][k];
    }
    const double length = std::sqrt(inner_product(v, v));
    triangle[j * n + j] = length;
    const auto factor = length > 0 ? static_cast<float>(1 / length) : 0.0f;
    for (float& value : v) value *= factor;
  }
}

Growth::Growth(int n)
    : rows_{std::vector<double>(n),
            std::vector<std::vector<double>>(n, std::vector<double>(static_cast<size_t>(n)))} {
  for (int i = 0; i < n; ++i) rows_.unit[i][i] = 1;
}

void Growth::multiply(const std::vector<double>& triangle) {
  const size_t n = rows_.unit.size();
  for (size_t i = 0; i < n; ++i) {  // row i needs the rows from i on: in place
    double most = kNothing;
    for (size_t j = i; j < n; ++j) {
      most = std::max(most, std::log(std::abs(triangle[i * n + j])) + rows_.log_length[j]);
    }
    std::vector<double> sum(n);
    for (size_t j = i; j < n && most > kNothing; ++j) {
      if (rows_.log_length[j] == kNothing) continue;
      const double factor = triangle[i * n + j] * std::exp(rows_.log_length[j] - most);
      for (size_t k = 0; k < n; ++k) sum[k] += factor * rows_.unit[j][k];
    }
    rows_.log_length[i] = most > kNothing ? most + normalize(sum) : kNothing;
    rows_.unit[i] = std::move(sum);
  }
}

// Makes rows i and j orthogonal, row i being the longer one afterwards. False if they were so.
bool Growth::rotate(Rows& rows, size_t i, size_t j) {
  auto& [log_length, unit] = rows;
  if (log_length[i] < log_length[j]) {
    std::swap(log_length[i], log_length[j]);
    std::swap(unit[i], unit[j]);
  }
  if (log_length[j] == kNothing) return false;
  const double cosine = inner_product(unit[i], unit[j]);
  if (std::abs(cosine) < 1e-12) return false;
  const double ratio = std::exp(log_length[j] - log_length[i]);
  double c = 1, s_over_ratio = -cosine, s_ratio = 0;  // the limits for a ratio of 0
  if (ratio > 1e-8) {
    const double zeta = (ratio * ratio - 1) / (2 * ratio * cosine);
    const double t = (zeta < 0 ? -1 : 1) / (std::abs(zeta) + std::sqrt(1 + zeta * zeta));
    c = 1 / std::sqrt(1 + t * t);
    s_over_ratio = c * t / ratio;
    s_ratio = c * t * ratio;
  }
  for (size_t k = 0; k < unit[i].size(); ++k) {
    const double a = unit[i][k], b = unit[j][k];
    unit[i][k] = c * a - s_ratio * b;
    unit[j][k] = s_over_ratio * a + c * b;
  }
  log_length[i] += normalize(unit[i]);
  log_length[j] += normalize(unit[j]);
  return true;
}

// One-sided Jacobi rotations: they make the rows orthogonal, and then their lengths are the
// singular values, small ones as accurate as great ones.
std::vector<double> Growth::log_singular_values() const {
  constexpr int kMaxSweeps = 60;
  Rows rows = rows_;
  bool turned = true;
  for (int sweep = 0; turned && sweep < kMaxSweeps; ++sweep) {
    turned = false;
    for (size_t i = 0; i < rows.unit.size(); ++i) {
      for (size_t j = i + 1; j < rows.unit.size(); ++j) turned |= rotate(rows, i, j);
    }
  }
  std::ranges::sort(rows.log_length, std::greater());
  return rows.log_length;
}

}  // namespace charrnn
