// exp(x) for x <= 0 in plain arithmetic: loops over it vectorise, and it gives the same bits on
// every machine, which makes draws reproducible.
#pragma once

#include <bit>
#include <cstdint>

namespace charrnn {

// Within two units in the last place of exp(x). 0 below -708.75 and for -infinity, NaN for NaN.
inline double deterministic_exp(double x) {
  constexpr double kLowest = -709.1;  // there n is -1023, whose power of two is written as 0
  constexpr double kLog2E = 0x1.71547652b82fep0;     // log2(e)
  constexpr double kLn2High = 0x1.62e42fefa0000p-1;  // ln 2 to 33 bits: n × it is exact
  constexpr double kLn2Low = 0x1.cf79abc9e3b39p-40;  // and the rest
  constexpr double kRound = 0x1.8p52;  // added, it leaves the nearest integer in the low bits
  const double bounded = x < kLowest ? kLowest : x;
  // exp(x) = 2^n exp(r) with n = round(x / ln 2), |r| <= ln 2 / 2.
  const double shifted = bounded * kLog2E + kRound;
  const double n = shifted - kRound;
  const double r = (bounded - n * kLn2High) - n * kLn2Low;
  // Taylor's series; the first term left out is below 4e-18.
  double p = 1.0 / 6227020800;
  p = p * r + 1.0 / 479001600;
  p = p * r + 1.0 / 39916800;
  p = p * r + 1.0 / 3628800;
  p = p * r + 1.0 / 362880;
  p = p * r + 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * r + 1;
  p = p * r + 1;
  const uint64_t exponent = (std::bit_cast<uint64_t>(shifted) << 52) + 0x3ff0000000000000u;
  return p * std::bit_cast<double>(exponent);
}

}  // namespace charrnn
