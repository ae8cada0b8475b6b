// Eight floats in a 256-bit register. Include only from files that are compiled for AVX2 and FMA.
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "engine/vector/activations.h"

namespace charrnn::avx2 {

struct Vector {
  static constexpr int width = 8;
  static constexpr int registers = 16;
  __m256 v;

  Vector() = default;
  Vector(__m256 value) : v(value) {}
  explicit Vector(float value) : v(_mm256_set1_ps(value)) {}
  static Vector load(const float* from) { return _mm256_loadu_ps(from); }
  void store(float* to) const { _mm256_storeu_ps(to, v); }
  static Vector dropout_factors(uint64_t key, uint32_t first_column, uint32_t threshold,
                                float keep);
};

inline Vector operator+(Vector a, Vector b) { return _mm256_add_ps(a.v, b.v); }
inline Vector operator-(Vector a, Vector b) { return _mm256_sub_ps(a.v, b.v); }
inline Vector operator*(Vector a, Vector b) { return _mm256_mul_ps(a.v, b.v); }
inline Vector operator/(Vector a, Vector b) { return _mm256_div_ps(a.v, b.v); }
inline Vector fma(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a.v, b.v, c.v); }
inline Vector min(Vector a, Vector b) { return _mm256_min_ps(a.v, b.v); }
inline Vector max(Vector a, Vector b) { return _mm256_max_ps(a.v, b.v); }
inline Vector sqrt(Vector a) { return _mm256_sqrt_ps(a.v); }
inline Vector nearest(Vector a) {
  return _mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
// a 2^n for whole n: the power is made from its exponent bits, in two halves so that neither leaves
// the range.
inline Vector scale(Vector a, Vector n) {
  const __m256i whole = _mm256_cvtps_epi32(n.v);
  const __m256i half = _mm256_srai_epi32(whole, 1);
  const __m256i rest = _mm256_sub_epi32(whole, half);
  const __m256i bias = _mm256_set1_epi32(127);
  const __m256 first = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, bias), 23));
  const __m256 second = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(rest, bias), 23));
  return _mm256_mul_ps(_mm256_mul_ps(a.v, first), second);
}

// Over the lanes, in an order that is always the same.
inline float sum_of_lanes(Vector a) {
  __m128 x = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  x = _mm_add_ps(x, _mm_movehl_ps(x, x));
  return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
}
inline float max_of_lanes(Vector a) {
  __m128 x = _mm_max_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  x = _mm_max_ps(x, _mm_movehl_ps(x, x));
  return _mm_cvtss_f32(_mm_max_ss(x, _mm_movehdup_ps(x)));
}

// `keep` where random bits of the column are at least the threshold, else 0: see counter_bits in
// base/random.h.
inline Vector Vector::dropout_factors(uint64_t key, uint32_t first_column, uint32_t threshold,
                                      float keep) {
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  const __m256i column = _mm256_add_epi32(_mm256_set1_epi32(static_cast<int>(first_column)), lane);
  __m256i x =
      _mm256_add_epi32(_mm256_mullo_epi32(column, _mm256_set1_epi32(static_cast<int>(0x9e3779b9u))),
                       _mm256_set1_epi32(static_cast<int>(key)));
  x = _mm256_xor_si256(x, _mm256_srli_epi32(x, 16));
  x = _mm256_mullo_epi32(x, _mm256_set1_epi32(0x21f0aaad));
  x = _mm256_xor_si256(x, _mm256_srli_epi32(x, 15));
  x = _mm256_xor_si256(x, _mm256_set1_epi32(static_cast<int>(key >> 32)));
  x = _mm256_mullo_epi32(x, _mm256_set1_epi32(0x735a2d97));
  x = _mm256_xor_si256(x, _mm256_srli_epi32(x, 15));
  // x >= threshold, unsigned: max(x, threshold) == x.
  const __m256i limit = _mm256_set1_epi32(static_cast<int>(threshold));
  const __m256i kept = _mm256_cmpeq_epi32(_mm256_max_epu32(x, limit), x);
  return _mm256_and_ps(_mm256_castsi256_ps(kept), _mm256_set1_ps(keep));
}

inline Vector tanh(Vector x) { return kernels::hyperbolic_tangent(x); }
inline Vector sigmoid(Vector x) { return kernels::logistic(x); }

}  // namespace charrnn::avx2
