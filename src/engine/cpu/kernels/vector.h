// A vector of floats with the operators the cells' formulas use. Tag names the instruction set, so
// that no two sets share a function: the linker can't give one the other's copy. What needs an
// intrinsic (fma, sqrt) stands in the set's own namespace and is found through Tag; so does what
// one has an instruction for that the compiler does not find by itself.
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
  typedef int32_t Integers __attribute__((vector_size(4 * lanes)));
  typedef float Unaligned __attribute__((vector_size(4 * lanes), aligned(4), may_alias));
  typedef uint32_t UnalignedBits __attribute__((vector_size(4 * lanes), aligned(4), may_alias));
};

template <int lanes, class Tag>
struct FloatVector {
  static constexpr int kLanes = lanes;
  using Float = typename VectorTypes<lanes>::Float;
  using Bits = typename VectorTypes<lanes>::Bits;
  using Integers = typename VectorTypes<lanes>::Integers;
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
  // 0, 1, 2, …
  static Integers iota() {
    Integers numbers;
    for (int i = 0; i < lanes; ++i) numbers[i] = i;
    return numbers;
  }

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
FloatVector<lanes, Tag> clamp_min(FloatVector<lanes, Tag> x, float limit) {
  const FloatVector<lanes, Tag> bound(limit);
  return x.v < bound.v ? bound.v : x.v;
}
template <int lanes, class Tag>
FloatVector<lanes, Tag> clamp_max(FloatVector<lanes, Tag> x, float limit) {
  const FloatVector<lanes, Tag> bound(limit);
  return x.v > bound.v ? bound.v : x.v;
}
// x 2^n for whole n from -125 to 128, which is more than a factor holds: 2^n as two. For n = -126
// the result may be 0.
template <int lanes, class Tag>
FloatVector<lanes, Tag> scale_exponent(FloatVector<lanes, Tag> x, FloatVector<lanes, Tag> n) {
  using V = FloatVector<lanes, Tag>;
  // The low bits of 1.5 2^23 + n are n's.
  const V half_scale(((n + V(12582912.0f)).bits() << 23) + V(0.5f).bits());
  return x * half_scale * V(2.0f);
}
// The larger of each two; where x is NaN, x.
template <int lanes, class Tag>
FloatVector<lanes, Tag> maximum(FloatVector<lanes, Tag> x, FloatVector<lanes, Tag> y) {
  return x.v < y.v ? y.v : x.v;
}

// Lane i takes lane i + distance, around the end.
template <int distance, class V, int... i>
V rotate_lanes(V x, std::integer_sequence<int, i...>) {
  return typename V::Float(__builtin_shufflevector(x.v, x.v, ((i + distance) % V::kLanes)...));
}
// Half of the lanes with the other half, then half of those, and so on.
template <int distance, class V, class Join>
float reduce_lanes(V x, const Join& join) {
  if constexpr (distance == 0) {
    return x.v[0];
  } else {
    constexpr std::make_integer_sequence<int, V::kLanes> lanes;
    return reduce_lanes<distance / 2>(join(x, rotate_lanes<distance>(x, lanes)), join);
  }
}
template <int lanes, class Tag>
float reduce_add(FloatVector<lanes, Tag> x) {
  return reduce_lanes<lanes / 2>(x, [](auto a, auto b) { return a + b; });
}
template <int lanes, class Tag>
float reduce_max(FloatVector<lanes, Tag> x) {
  return reduce_lanes<lanes / 2>(x, [](auto a, auto b) { return maximum(a, b); });
}

// a0 b0 a1 b1 …: the first (high = 0) or the second half (high = 1).
template <int high, class V, int... i>
V interleave_lanes(V a, V b, std::integer_sequence<int, i...>) {
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
      rows[2 * i] = interleave_lanes<0>(old[i], old[i + n / 2], Lanes());
      rows[2 * i + 1] = interleave_lanes<1>(old[i], old[i + n / 2], Lanes());
    }
  }
}

}  // namespace charrnn::cpu
