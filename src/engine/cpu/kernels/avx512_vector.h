// What vectors of all AVX-512 sets do with one instruction. Included by their isa_*.cc files alone:
// of two templates the compiler takes the one that says more of the vector.
#pragma once

#include <immintrin.h>

#include "engine/cpu/kernels/vector.h"

namespace charrnn::cpu {

template <class Tag>
FloatVector<16, Tag> fma(FloatVector<16, Tag> a, FloatVector<16, Tag> b, FloatVector<16, Tag> c) {
  return FloatVector<16, Tag>(_mm512_fmadd_ps(a.v, b.v, c.v));
}
template <class Tag>
FloatVector<16, Tag> sqrt(FloatVector<16, Tag> a) {
  return FloatVector<16, Tag>(_mm512_sqrt_ps(a.v));
}
// Where one is NaN, these give the second: x.
template <class Tag>
FloatVector<16, Tag> clamp_min(FloatVector<16, Tag> x, float limit) {
  return FloatVector<16, Tag>(_mm512_max_ps(_mm512_set1_ps(limit), x.v));
}
template <class Tag>
FloatVector<16, Tag> clamp_max(FloatVector<16, Tag> x, float limit) {
  return FloatVector<16, Tag>(_mm512_min_ps(_mm512_set1_ps(limit), x.v));
}
template <class Tag>
FloatVector<16, Tag> maximum(FloatVector<16, Tag> x, FloatVector<16, Tag> y) {
  return FloatVector<16, Tag>(_mm512_max_ps(y.v, x.v));
}
template <class Tag>
FloatVector<16, Tag> scale_exponent(FloatVector<16, Tag> x, FloatVector<16, Tag> n) {
  return FloatVector<16, Tag>(_mm512_scalef_ps(x.v, n.v));
}

}  // namespace charrnn::cpu
