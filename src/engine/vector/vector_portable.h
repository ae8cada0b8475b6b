// Four floats with the compiler's own vector type: any machine. Products and sums are rounded one
// by one where the machine has no fused multiply-add.
#pragma once

#include <cstdint>

#include "engine/vector/activations.h"

namespace charrnn::portable {

struct Vector {
  static constexpr int width = 4;
  static constexpr int registers = 16;
  typedef float Floats __attribute__((vector_size(16)));
  typedef int32_t Integers __attribute__((vector_size(16)));
  typedef uint32_t Bits __attribute__((vector_size(16)));
  Floats v;

  Vector() = default;
  Vector(Floats value) : v(value) {}
  explicit Vector(float value) : v{value, value, value, value} {}
  static Vector load(const float* from) { return Floats{from[0], from[1], from[2], from[3]}; }
  void store(float* to) const { to[0] = v[0], to[1] = v[1], to[2] = v[2], to[3] = v[3]; }
  static Vector dropout_factors(uint64_t key, uint32_t first_column, uint32_t threshold,
                                float keep);
};

inline Vector operator+(Vector a, Vector b) { return a.v + b.v; }
inline Vector operator-(Vector a, Vector b) { return a.v - b.v; }
inline Vector operator*(Vector a, Vector b) { return a.v * b.v; }
inline Vector operator/(Vector a, Vector b) { return a.v / b.v; }
inline Vector fma(Vector a, Vector b, Vector c) { return a.v * b.v + c.v; }
inline Vector min(Vector a, Vector b) { return a.v < b.v ? a.v : b.v; }
inline Vector max(Vector a, Vector b) { return a.v > b.v ? a.v : b.v; }
inline Vector sqrt(Vector a) {
  return Vector::Floats{__builtin_sqrtf(a.v[0]), __builtin_sqrtf(a.v[1]), __builtin_sqrtf(a.v[2]),
                        __builtin_sqrtf(a.v[3])};
}
// Adding and taking away 1.5 2^23 leaves a whole number, for |a| < 2^22.
inline Vector nearest(Vector a) {
  const Vector magic(12582912.0f);
  return (a + magic) - magic;
}
// a 2^n for whole n: the power is made from its exponent bits, in two halves so that neither leaves
// the range.
inline Vector scale(Vector a, Vector n) {
  const Vector::Integers whole = __builtin_convertvector(n.v, Vector::Integers);
  const Vector::Integers half = whole >> 1, rest = whole - half;
  const auto first = reinterpret_cast<Vector::Floats>((half + 127) << 23);
  const auto second = reinterpret_cast<Vector::Floats>((rest + 127) << 23);
  return a.v * first * second;
}

// Over the lanes, in an order that is always the same.
inline float sum_of_lanes(Vector a) { return (a.v[0] + a.v[1]) + (a.v[2] + a.v[3]); }
inline float max_of_lanes(Vector a) {
  const float x = a.v[0] > a.v[1] ? a.v[0] : a.v[1], y = a.v[2] > a.v[3] ? a.v[2] : a.v[3];
  return x > y ? x : y;
}

// `keep` where random bits of the column are at least the threshold, else 0: see counter_bits in
// base/random.h.
inline Vector Vector::dropout_factors(uint64_t key, uint32_t first_column, uint32_t threshold,
                                      float keep) {
  Vector::Bits x = {first_column, first_column + 1, first_column + 2, first_column + 3};
  x = x * 0x9e3779b9u + static_cast<uint32_t>(key);
  x ^= x >> 16;
  x *= 0x21f0aaadu;
  x ^= x >> 15;
  x ^= static_cast<uint32_t>(key >> 32);
  x *= 0x735a2d97u;
  x ^= x >> 15;
  Vector factors;
  for (int i = 0; i < 4; ++i) factors.v[i] = x[i] >= threshold ? keep : 0.0f;
  return factors;
}

inline Vector tanh(Vector x) { return kernels::hyperbolic_tangent(x); }
inline Vector sigmoid(Vector x) { return kernels::logistic(x); }

}  // namespace charrnn::portable
