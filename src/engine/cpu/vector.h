// A vector of floats with the operators the cells' formulas use. Tag names the instruction set, so
// that no two sets share a function: the linker can't give one the other's copy. What needs an
// intrinsic (fma, sqrt) stands in the set's own namespace and is found through Tag.
#pragma once

#include <cstdint>
#include <utility>

namespace charrnn::cpu {

// The compiler's vectors. (Apart from the class below: g++ 12 takes a vector type that depends on
// the class's own parameters for its element type.)
template <int lanes>
struct VectorTypes {
  typedef float Float __attribute__((vector_size(4 * lanes)));
  typedef uint32_t Bits __attribute__((vector_size(4 * lanes)));
  typedef float Unaligned __attribute__((vector_size(4 * lanes), aligned(4), may_alias));
  typedef uint32_t UnalignedBits __attribute__((vector_size(4 * lanes), aligned(4), may_alias));
};

template <int lanes, class Tag>
struct FloatVector {
  static constexpr int kLanes = lanes;
  using Float = typename VectorTypes<lanes>::Float;
  using Bits = typename VectorTypes<lanes>::Bits;
  using Unaligned = typename VectorTypes<lanes>::Unaligned;
  using UnalignedBits = typename VectorTypes<lanes>::UnalignedBits;

  Float v;

  FloatVector() = default;
  FloatVector(Float value) : v(value) {}
  explicit FloatVector(float value) : v(value - Float{}) {}
  explicit FloatVector(Bits bits) : v((Float)bits) {}

  static FloatVector load(const float* p) { return *reinterpret_cast<const Unaligned*>(p); }
  void store(float* p) const { *reinterpret_cast<Unaligned*>(p) = v; }
  Bits bits() const { return (Bits)v; }

  friend FloatVector operator+(FloatVector a, FloatVector b) { return a.v + b.v; }
  friend FloatVector operator-(FloatVector a, FloatVector b) { return a.v - b.v; }
  friend FloatVector operator*(FloatVector a, FloatVector b) { return a.v * b.v; }
  friend FloatVector operator/(FloatVector a, FloatVector b) { return a.v / b.v; }
};

template <int lanes, class Tag>
typename FloatVector<lanes, Tag>::Bits load_bits(const uint32_t* p, FloatVector<lanes, Tag>) {
  return *reinterpret_cast<const typename FloatVector<lanes, Tag>::UnalignedBits*>(p);
}

// A comparison with NaN is false: these keep a NaN that stands in x.
template <int lanes, class Tag>
FloatVector<lanes, Tag> at_least(FloatVector<lanes, Tag> x, float limit) {
  const FloatVector<lanes, Tag> bound(limit);
  return x.v < bound.v ? bound.v : x.v;
}
template <int lanes, class Tag>
FloatVector<lanes, Tag> at_most(FloatVector<lanes, Tag> x, float limit) {
  const FloatVector<lanes, Tag> bound(limit);
  return x.v > bound.v ? bound.v : x.v;
}
// The larger of each two; where x is NaN, x.
template <int lanes, class Tag>
FloatVector<lanes, Tag> larger(FloatVector<lanes, Tag> x, FloatVector<lanes, Tag> y) {
  return x.v < y.v ? y.v : x.v;
}

template <int lanes, class Tag>
float sum_of_lanes(FloatVector<lanes, Tag> x) {
  float total = 0;
  for (int i = 0; i < lanes; ++i) total += x.v[i];
  return total;
}
template <int lanes, class Tag>
float largest_lane(FloatVector<lanes, Tag> x) {
  float largest = x.v[0];
  for (int i = 1; i < lanes; ++i) largest = largest < x.v[i] ? x.v[i] : largest;
  return largest;
}

// a0 b0 a1 b1 …: the first (high = 0) or the second half (high = 1).
template <int high, class V, int... i>
V zip_lanes(V a, V b, std::integer_sequence<int, i...>) {
  constexpr int n = V::kLanes;
  return
      typename V::Float(__builtin_shufflevector(a.v, b.v, (i % 2 * n + i / 2 + high * n / 2)...));
}

// The transpose of a W × W block, by log2(W) perfect shuffles.
template <class V>
void transpose(V (&rows)[V::kLanes]) {
  constexpr int n = V::kLanes;
  using Lanes = std::make_integer_sequence<int, n>;
  for (int round = 1; round < n; round *= 2) {
    V old[n];
    for (int i = 0; i < n; ++i) old[i] = rows[i];
    for (int i = 0; i < n / 2; ++i) {
      rows[2 * i] = zip_lanes<0>(old[i], old[i + n / 2], Lanes());
      rows[2 * i + 1] = zip_lanes<1>(old[i], old[i + n / 2], Lanes());
    }
  }
}

}  // namespace charrnn::cpu
