// A double with the operations that a cell's formulas look up by type (an overload of `sigmoid` for
// a bare double would not be found from inside their templates).
#pragma once

#include <cmath>

namespace charrnn::reference {

struct Real {
  double value = 0;

  constexpr Real() = default;
  constexpr Real(double number) : value(number) {}

  friend constexpr Real operator+(Real a, Real b) { return a.value + b.value; }
  friend constexpr Real operator-(Real a, Real b) { return a.value - b.value; }
  friend constexpr Real operator*(Real a, Real b) { return a.value * b.value; }
  friend Real tanh(Real x) { return std::tanh(x.value); }
  // 1 / (1 + e^-x)
  friend Real sigmoid(Real x) { return 1 / (1 + std::exp(-x.value)); }
};

}  // namespace charrnn::reference
