// The masks of model/dropout.h over vectors.
#pragma once

#include <utility>

#include "engine/cpu/kernels/kernels.h"

namespace charrnn::cpu {

// 0, 1, 2, … as a constant: set lane by lane it would take a few instructions for each.
template <class V, int... i>
typename V::Bits iota(std::integer_sequence<int, i...>) {
  return typename V::Bits{static_cast<uint32_t>(i)...};
}

// counter_bits of base/random.h for the W units of a block at once, then 0 or 1 / (1 - rate).
template <class V>
V dropout_factor(uint64_t key, uint32_t threshold_bits, float scale, int block) {
  using Lanes = std::make_integer_sequence<int, V::kLanes>;
  typename V::Bits x = iota<V>(Lanes()) + static_cast<uint32_t>(block * V::kLanes);
  x = x * 0x9e3779b9u + static_cast<uint32_t>(key);
  x ^= x >> 16;
  x *= 0x21f0aaadu;
  x ^= x >> 15;
  x ^= static_cast<uint32_t>(key >> 32);
  x *= 0x735a2d97u;
  x ^= x >> 15;
  const typename V::Bits threshold = threshold_bits - typename V::Bits{};
  return V(typename V::Float(x < threshold ? V(0.0f).v : V(scale).v));
}

template <class V>
V dropout_factor(const Mask& mask, int row, int block) {
  return dropout_factor<V>(mask.keys[row], mask.threshold, mask.scale, block);
}

template <class V>
void mask_weights(const WeightMask& mask) {
  constexpr int W = V::kLanes;
  for (int k = 0; k < mask.inputs; ++k) {
    for (int vector = 0; vector < mask.vectors; ++vector) {
      const V factor =
          dropout_factor<V>(mask.keys[k * mask.gates + vector % mask.gates], mask.threshold,
                            mask.scale, mask.first_block + vector / mask.gates);
      const int64_t place = (int64_t{k} * mask.vectors + vector) * W;
      (V::load(mask.from + place) * factor).store(mask.to + place);
    }
  }
}

}  // namespace charrnn::cpu
