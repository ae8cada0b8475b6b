// Four floats in a NEON register. Include only from files that are compiled for arm64.
#pragma once

#include <arm_neon.h>

#include <cstdint>

#include "engine/vector/activations.h"

namespace charrnn::neon {

struct Vector {
  static constexpr int width = 4;
  static constexpr int registers = 32;
  float32x4_t v;

  Vector() = default;
  Vector(float32x4_t value) : v(value) {}
  explicit Vector(float value) : v(vdupq_n_f32(value)) {}
  static Vector load(const float* from) { return vld1q_f32(from); }
  void store(float* to) const { vst1q_f32(to, v); }
  static Vector dropout_factors(uint64_t key, uint32_t first_column, uint32_t threshold,
                                float keep);
};

inline Vector operator+(Vector a, Vector b) { return vaddq_f32(a.v, b.v); }
inline Vector operator-(Vector a, Vector b) { return vsubq_f32(a.v, b.v); }
inline Vector operator*(Vector a, Vector b) { return vmulq_f32(a.v, b.v); }
inline Vector operator/(Vector a, Vector b) { return vdivq_f32(a.v, b.v); }
inline Vector fma(Vector a, Vector b, Vector c) { return vfmaq_f32(c.v, a.v, b.v); }
inline Vector min(Vector a, Vector b) { return vminq_f32(a.v, b.v); }
inline Vector max(Vector a, Vector b) { return vmaxq_f32(a.v, b.v); }
inline Vector sqrt(Vector a) { return vsqrtq_f32(a.v); }
inline Vector nearest(Vector a) { return vrndnq_f32(a.v); }
// a 2^n for whole n: the power is made from its exponent bits, in two halves so that neither leaves
// the range.
inline Vector scale(Vector a, Vector n) {
  const int32x4_t whole = vcvtq_s32_f32(n.v);
  const int32x4_t half = vshrq_n_s32(whole, 1), rest = vsubq_s32(whole, half);
  const int32x4_t bias = vdupq_n_s32(127);
  const float32x4_t first = vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(half, bias), 23));
  const float32x4_t second = vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(rest, bias), 23));
  return vmulq_f32(vmulq_f32(a.v, first), second);
}

// Over the lanes, in an order that is always the same.
inline float sum_of_lanes(Vector a) { return vaddvq_f32(a.v); }
inline float max_of_lanes(Vector a) { return vmaxvq_f32(a.v); }

// `keep` where random bits of the column are at least the threshold, else 0: see counter_bits in
// base/random.h.
inline Vector Vector::dropout_factors(uint64_t key, uint32_t first_column, uint32_t threshold,
                                      float keep) {
  const uint32_t lanes[4] = {0, 1, 2, 3};
  const uint32x4_t column = vaddq_u32(vdupq_n_u32(first_column), vld1q_u32(lanes));
  uint32x4_t x = vaddq_u32(vmulq_u32(column, vdupq_n_u32(0x9e3779b9u)),
                           vdupq_n_u32(static_cast<uint32_t>(key)));
  x = veorq_u32(x, vshrq_n_u32(x, 16));
  x = vmulq_u32(x, vdupq_n_u32(0x21f0aaadu));
  x = veorq_u32(x, vshrq_n_u32(x, 15));
  x = veorq_u32(x, vdupq_n_u32(static_cast<uint32_t>(key >> 32)));
  x = vmulq_u32(x, vdupq_n_u32(0x735a2d97u));
  x = veorq_u32(x, vshrq_n_u32(x, 15));
  const uint32x4_t kept = vcgeq_u32(x, vdupq_n_u32(threshold));
  return vreinterpretq_f32_u32(vandq_u32(kept, vreinterpretq_u32_f32(vdupq_n_f32(keep))));
}

inline Vector tanh(Vector x) { return kernels::hyperbolic_tangent(x); }
inline Vector sigmoid(Vector x) { return kernels::logistic(x); }

}  // namespace charrnn::neon
