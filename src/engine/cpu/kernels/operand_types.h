// How a kernel reads and writes its operands: as floats, or as bf16 in pairs. Sums are floats in
// both. kGroup is how many rows the saved layout interleaves.
#pragma once

#include <cstdint>

#include "engine/cpu/kernels/kernels.h"
#include "engine/cpu/kernels/vector.h"

namespace charrnn::cpu {

template <class V_>
struct Float32Operands {
  using V = V_;
  using Stored = float;
  using Factor = V;                 // what a multiply-add takes
  static constexpr int kGroup = 1;  // values of k in one multiply-add, interleaved rows

  static Factor broadcast(const float* a) { return V(*a); }
  static Factor weights(const float* w) { return V::load(w); }
  static V multiply_add(V sum, Factor a, Factor w) { return fma(a, w, sum); }

  static void store_operand(float* p, V value) { value.store(p); }
  static void store_group(float* p, const V (&rows)[1]) { rows[0].store(p); }
  static void load_group(const float* p, V (&rows)[1]) { rows[0] = V::load(p); }
};

// bf16 is the upper half of a float. Rounded to the nearest, ties to even; NaN stays NaN.
template <class V>
typename V::Bits bf16_bits(V value) {
  using Bits = typename V::Bits;
  const Bits bits = value.bits();
  const Bits rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  return value.v == value.v ? rounded : (bits >> 16) | 0x40;
}

// The same of one value, for code that is no kernel: Tag is the caller's own, so that no two files
// share a function (vector.h).
template <class Tag>
Bf16 to_bf16(float value) {
  return {static_cast<uint16_t>(bf16_bits(FloatVector<1, Tag>(value))[0])};
}

// Any vector's bf16: two float multiply-adds stand in for the dot product of pairs.
template <class V_>
struct EmulatedBf16Operands {
  static constexpr bool kEmulated = true;  // multiply_add is the compiler's own
  using V = V_;
  using Stored = Bf16;
  using Factor = typename V::Bits;  // pairs: the even value in the low half of each lane
  static constexpr int kGroup = 2;

  static Factor broadcast(const Bf16* a) {
    uint32_t pair;
    __builtin_memcpy(&pair, a, sizeof pair);
    return pair - Factor{};
  }
  static Factor weights(const Bf16* w) {
    return load_bits(reinterpret_cast<const uint32_t*>(w), V());
  }
  static V even(Factor pairs) { return V(Factor(pairs << 16)); }
  static V odd(Factor pairs) { return V(Factor(pairs & 0xffff0000u)); }
  static V multiply_add(V sum, Factor a, Factor w) {
    return fma(odd(a), odd(w), fma(even(a), even(w), sum));
  }

  static void store_operand(Bf16* p, V value) {
    const Factor bits = bf16_bits(value);
    for (int i = 0; i < V::kLanes; ++i) p[i].bits = static_cast<uint16_t>(bits[i]);
  }
  static void store_group(Bf16* p, const V (&rows)[2]) {
    const Factor pairs = bf16_bits(rows[0]) | bf16_bits(rows[1]) << 16;
    *reinterpret_cast<typename V::UnalignedBits*>(p) = pairs;
  }
  static void load_group(const Bf16* p, V (&rows)[2]) {
    const Factor pairs = weights(p);
    rows[0] = even(pairs);
    rows[1] = odd(pairs);
  }
};

// Slots of a unit: what a cell saves, then the gradient of its sums, which replaces it.
template <class Cell>
constexpr int kSavedSlots = Cell::saved > Cell::sums ? Cell::saved : Cell::sums;

// Sets with registers for whole tiles of a matrix name them in their operands (tile_products.h).
template <class O>
concept HasTiles = requires {
  typename O::Tiles;
};

}  // namespace charrnn::cpu
