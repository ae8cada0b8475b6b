// The masks of model/dropout.h over vectors.
#pragma once

#include "engine/cpu/kernels.h"

namespace charrnn::cpu {

// counter_bits of base/random.h for the W units of a block at once, then 0 or 1 / (1 - rate).
template <class V>
V dropout_factor(const Mask& mask, int row, int block) {
  typename V::Bits x;
  for (int i = 0; i < V::kLanes; ++i) x[i] = static_cast<uint32_t>(block * V::kLanes + i);
  const uint64_t key = mask.keys[row];
  x = x * 0x9e3779b9u + static_cast<uint32_t>(key);
  x ^= x >> 16;
  x *= 0x21f0aaadu;
  x ^= x >> 15;
  x ^= static_cast<uint32_t>(key >> 32);
  x *= 0x735a2d97u;
  x ^= x >> 15;
  const typename V::Bits threshold = mask.threshold - typename V::Bits{};
  return V(typename V::Float(x < threshold ? V(0.0f).v : V(mask.scale).v));
}

}  // namespace charrnn::cpu
