// exp, tanh and sigmoid over vectors, a few units in the last place from the true value. NaN stays
// NaN, so that a diverging network is noticed.
#pragma once

#include "engine/cpu/kernels/vector.h"

namespace charrnn::cpu {

// e^x = 2^n e^r with n = round(x / ln 2), |r| <= ln 2 / 2, for x from -87.3 to 88.8 and what lies
// nearest to the others; infinite above 88.7. e^r by 1 + r + r^2 times a polynomial of degree 4
// whose relative error is least (3e-9). 1.5 2^23 leaves no room for digits behind the point.
template <int lanes, class Tag>
FloatVector<lanes, Tag> bounded_exp(FloatVector<lanes, Tag> x) {
  using V = FloatVector<lanes, Tag>;
  const V bounded = clamp_min(clamp_max(x, 88.8f), -87.3f);
  const V n = fma(bounded, V(1.44269504f), V(12582912.0f)) - V(12582912.0f);
  // ln 2 in two parts, the first with few digits so that n times it is exact.
  const V r = fma(n, V(2.12194440e-4f), fma(n, V(-0.693359375f), bounded));
  V p = fma(V(1.38145988e-3f), r, V(8.36871658e-3f));
  p = fma(p, r, V(4.1668389e-2f));
  p = fma(p, r, V(0.166665211f));
  p = fma(p, r, V(0.49999994f));
  p = fma(p, r, V(1.0f));
  p = fma(p, r, V(1.0f));
  return scale_exponent(p, n);
}

// e^x; 0 below -87: no subnormal numbers.
template <int lanes, class Tag>
FloatVector<lanes, Tag> exp(FloatVector<lanes, Tag> x) {
  using V = FloatVector<lanes, Tag>;
  return V(x.v < V(-87.0f).v ? V(0.0f).v : bounded_exp(x).v);
}

// 1 / (1 + e^-x)
template <int lanes, class Tag>
FloatVector<lanes, Tag> sigmoid(FloatVector<lanes, Tag> x) {
  using V = FloatVector<lanes, Tag>;
  return V(1.0f) / (V(1.0f) + bounded_exp(V(-x.v)));
}

// An odd polynomial of degree 13 over an even one of degree 6 (the minimax coefficients of Eigen's
// generic tanh), constant beyond 7.905 where tanh rounds to 1.
template <int lanes, class Tag>
FloatVector<lanes, Tag> tanh(FloatVector<lanes, Tag> x) {
  using V = FloatVector<lanes, Tag>;
  const V y = clamp_min(clamp_max(x, 7.90531110763549805f), -7.90531110763549805f);
  const V y2 = y * y;
  V p = fma(V(-2.76076847742355e-16f), y2, V(2.00018790482477e-13f));
  p = fma(p, y2, V(-8.60467152213735e-11f));
  p = fma(p, y2, V(5.12229709037114e-08f));
  p = fma(p, y2, V(1.48572235717979e-05f));
  p = fma(p, y2, V(6.37261928875436e-04f));
  p = fma(p, y2, V(4.89352455891786e-03f));
  V q = fma(V(1.19825839466702e-06f), y2, V(1.18534705686654e-04f));
  q = fma(q, y2, V(2.26843463243900e-03f));
  q = fma(q, y2, V(4.89352518554385e-03f));
  return y * p / q;
}

}  // namespace charrnn::cpu
