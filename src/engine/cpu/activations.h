// exp, tanh and sigmoid over vectors, a few units in the last place from the true value. NaN stays
// NaN, so that a diverging network is noticed.
#pragma once

#include "engine/cpu/vector.h"

namespace charrnn::cpu {

// e^x = 2^n e^r with n = round(x / ln 2), |r| <= ln 2 / 2; e^r by its Taylor polynomial of degree 7
// (error below 1e-8 there). n is read from the low bits that adding 1.5 2^23 leaves. Below -87 the
// result is 0: no subnormal numbers. Above 88.3 it is infinite.
template <int lanes, class Tag>
FloatVector<lanes, Tag> exp(FloatVector<lanes, Tag> x) {
  using V = FloatVector<lanes, Tag>;
  const V bounded = at_least(at_most(x, 88.8f), -87.3f);
  const V shifted = fma(bounded, V(1.44269504f), V(12582912.0f));
  const V n = shifted - V(12582912.0f);
  // ln 2 in two parts, the first with few digits so that n times it is exact.
  const V r = fma(n, V(2.12194440e-4f), fma(n, V(-0.693359375f), bounded));
  V p = fma(V(1.0f / 5040), r, V(1.0f / 720));
  p = fma(p, r, V(1.0f / 120));
  p = fma(p, r, V(1.0f / 24));
  p = fma(p, r, V(1.0f / 6));
  p = fma(p, r, V(0.5f));
  p = fma(p, r, V(1.0f));
  p = fma(p, r, V(1.0f));
  // 2^n in two factors: n may be 128.
  const V scale(V((shifted.bits() << 23) + V(0.5f).bits()));
  const V result = p * scale * V(2.0f);
  return V(x.v < V(-87.0f).v ? V(0.0f).v : result.v);
}

// 1 / (1 + e^-x)
template <int lanes, class Tag>
FloatVector<lanes, Tag> sigmoid(FloatVector<lanes, Tag> x) {
  using V = FloatVector<lanes, Tag>;
  return V(1.0f) / (V(1.0f) + exp(V(-x.v)));
}

// An odd polynomial of degree 13 over an even one of degree 6 (the minimax coefficients of Eigen's
// generic tanh), constant beyond 7.905 where tanh rounds to 1.
template <int lanes, class Tag>
FloatVector<lanes, Tag> tanh(FloatVector<lanes, Tag> x) {
  using V = FloatVector<lanes, Tag>;
  const V y = at_least(at_most(x, 7.90531110763549805f), -7.90531110763549805f);
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
