// Sixteen floats in a 512-bit register. Include only from files that are compiled for AVX-512.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "engine/vector/activations.h"

namespace charrnn::avx512 {

struct Vector {
  static constexpr int width = 16;
  static constexpr int registers = 32;
  __m512 v;

  Vector() = default;
  Vector(__m512 value) : v(value) {}
  explicit Vector(float value) : v(_mm512_set1_ps(value)) {}
  static Vector load(const float* from) { return _mm512_loadu_ps(from); }
  void store(float* to) const { _mm512_storeu_ps(to, v); }
  static Vector dropout_factors(uint64_t key, uint32_t first_column, uint32_t threshold,
                                float keep);
};

inline Vector operator+(Vector a, Vector b) { return _mm512_add_ps(a.v, b.v); }
inline Vector operator-(Vector a, Vector b) { return _mm512_sub_ps(a.v, b.v); }
inline Vector operator*(Vector a, Vector b) { return _mm512_mul_ps(a.v, b.v); }
inline Vector operator/(Vector a, Vector b) { return _mm512_div_ps(a.v, b.v); }
inline Vector fma(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a.v, b.v, c.v); }
inline Vector min(Vector a, Vector b) { return _mm512_min_ps(a.v, b.v); }
inline Vector max(Vector a, Vector b) { return _mm512_max_ps(a.v, b.v); }
inline Vector sqrt(Vector a) { return _mm512_sqrt_ps(a.v); }
inline Vector nearest(Vector a) {
  return _mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
// a 2^n for whole n.
inline Vector scale(Vector a, Vector n) { return _mm512_scalef_ps(a.v, n.v); }

// Over the lanes, in an order that is always the same.
inline float sum_of_lanes(Vector a) { return _mm512_reduce_add_ps(a.v); }
inline float max_of_lanes(Vector a) { return _mm512_reduce_max_ps(a.v); }

// `keep` where random bits of the column are at least the threshold, else 0: see counter_bits in
// base/random.h.
inline Vector Vector::dropout_factors(uint64_t key, uint32_t first_column, uint32_t threshold,
                                      float keep) {
  const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m512i column = _mm512_add_epi32(_mm512_set1_epi32(static_cast<int>(first_column)), lane);
  __m512i x =
      _mm512_add_epi32(_mm512_mullo_epi32(column, _mm512_set1_epi32(static_cast<int>(0x9e3779b9u))),
                       _mm512_set1_epi32(static_cast<int>(key)));
  x = _mm512_xor_si512(x, _mm512_srli_epi32(x, 16));
  x = _mm512_mullo_epi32(x, _mm512_set1_epi32(0x21f0aaad));
  x = _mm512_xor_si512(x, _mm512_srli_epi32(x, 15));
  x = _mm512_xor_si512(x, _mm512_set1_epi32(static_cast<int>(key >> 32)));
  x = _mm512_mullo_epi32(x, _mm512_set1_epi32(0x735a2d97));
  x = _mm512_xor_si512(x, _mm512_srli_epi32(x, 15));
  const __mmask16 kept = _mm512_cmpge_epu32_mask(x, _mm512_set1_epi32(static_cast<int>(threshold)));
  return _mm512_maskz_mov_ps(kept, _mm512_set1_ps(keep));
}

inline Vector tanh(Vector x) { return kernels::hyperbolic_tangent(x); }
inline Vector sigmoid(Vector x) { return kernels::logistic(x); }

}  // namespace charrnn::avx512
