// tanh, sigmoid and exp over a vector type, accurate to a few units in the last place. The
// coefficients are minimax fits of our own; engine_test measures the errors against double.
#pragma once

namespace charrnn::kernels {

// exp(x) = 2^n exp(r), n = nearest(x / ln 2), |r| <= ln 2 / 2; exp(r) = 1 + r + r^2 P(r). Clamped
// to [-104, 89].
template <class V>
inline V exponential(V x) {
  x = max(min(x, V(89.0f)), V(-104.0f));
  const V n = nearest(x * V(1.44269504088896341f));
  // ln 2 in two parts, the first short enough that n times it is exact.
  V r = fma(n, V(-0.693359375f), x);
  r = fma(n, V(2.12194440e-4f), r);
  V p = V(0.0013814539415761828f);
  p = fma(p, r, V(0.00836874544620514f));
  p = fma(p, r, V(0.04166838899254799f));
  p = fma(p, r, V(0.1666652113199234f));
  p = fma(p, r, V(0.4999999403953552f));
  p = fma(r * r, p, r) + V(1.0f);
  return scale(p, n);
}

// tanh(x) = x P(x^2) / Q(x^2) for |x| <= 9, where float's tanh is 1; never outside [-1, 1].
template <class V>
inline V hyperbolic_tangent(V x) {
  x = max(min(x, V(9.0f)), V(-9.0f));
  const V z = x * x;
  V p = V(-8.228319284611652e-14f);
  p = fma(p, z, V(5.177641648757003e-11f));
  p = fma(p, z, V(-2.0019063740051024e-08f));
  p = fma(p, z, V(1.1103911674581468e-05f));
  p = fma(p, z, V(0.003099160734564066f));
  p = fma(p, z, V(0.13079723715782166f));
  p = fma(p, z, V(1.0f));
  V q = V(0.0002539148845244199f);
  q = fma(q, z, V(0.024476101621985435f));
  q = fma(q, z, V(0.4641304910182953f));
  q = fma(q, z, V(1.0f));
  return max(min(x * p / q, V(1.0f)), V(-1.0f));
}

// sigmoid(x) = 1 / (1 + exp(-x))
template <class V>
inline V logistic(V x) {
  return V(1.0f) / (V(1.0f) + exponential(V(0.0f) - x));
}

}  // namespace charrnn::kernels
