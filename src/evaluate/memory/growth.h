// How a product of many matrices stretches space, kept as factors so that nothing overflows or is
// lost beside what is greater.
#pragma once

#include <span>
#include <vector>

namespace charrnn {

// Makes the vectors orthogonal and of length 1, one after another (modified Gram-Schmidt), and
// writes what they were in terms of what they are: v[j] = sum over i <= j of triangle[i * n + j]
// q[i]. A vector that the ones before it leave nothing of becomes one of zeros.
void orthonormalize(std::span<const std::span<float>> vectors, std::vector<double>& triangle);

// The product of upper triangular matrices n × n, each from the left.
class Growth {
 public:
  explicit Growth(int n);  // the identity

  void multiply(const std::vector<double>& triangle);

  // The logarithms of the singular values, largest first; -infinity for 0.
  std::vector<double> log_singular_values() const;

 private:
  // Row i is exp(log_length[i]) times a vector of length 1, or of zeros.
  struct Rows {
    std::vector<double> log_length;
    std::vector<std::vector<double>> unit;
  };
  static bool rotate(Rows& rows, size_t i, size_t j);

  Rows rows_;
};

}  // namespace charrnn
