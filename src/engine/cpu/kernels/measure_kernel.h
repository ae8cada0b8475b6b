// What the machine can do at best, for `bench`: multiply-adds in registers, reading from memory.
#pragma once

#include <type_traits>

#include "engine/cpu/kernels/operand_types.h"
#include "engine/cpu/kernels/vector_math.h"

namespace charrnn::cpu {

// Twelve independent sums with 16 registers, 20 with 32: as many as hide the latency (six cycles of
// two multiply-adds each, and some more where their order is not ideal) and leave registers. Where
// the multiply-add is the compiler's own, it must not see that the factors are the same every time:
// of floats the sum itself is a factor, and emulated pairs are read again and again.
template <class O, int registers>
int64_t multiply_adds(int64_t rounds, float* sink) {
  if constexpr (HasTiles<O>) return tile_multiply_adds<O>(rounds, sink);
  using V = typename O::V;
  using Factor = typename O::Factor;
  constexpr int sums = registers / 2 + 4;
  typename O::Stored values[V::kLanes * O::kGroup] = {};
  asm volatile("" : "+m"(values));
  const Factor w = O::weights(values);
  Factor x = O::broadcast(values);
  V sum[sums];
#pragma GCC unroll 32
  for (int i = 0; i < sums; ++i) sum[i] = V(static_cast<float>(i));
  for (int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 32
    for (int i = 0; i < sums; ++i) {
      if constexpr (std::is_same_v<Factor, V>) {
        sum[i] = O::multiply_add(x, sum[i], w);
      } else {
        if constexpr (O::kEmulated) asm volatile("" : "+m"(x));
        sum[i] = O::multiply_add(sum[i], x, w);
      }
    }
  }
  V total = sum[0];
#pragma GCC unroll 32
  for (int i = 1; i < sums; ++i) total = total + sum[i];
  *sink = reduce_add(total);
  return rounds * sums * V::kLanes * O::kGroup;
}

template <class V>
double read(const float* from, int64_t count) {
  constexpr int W = V::kLanes, sums = 8;
  V sum[sums];
  for (int i = 0; i < sums; ++i) sum[i] = V(0.0f);
  for (int64_t first = 0; first + sums * W <= count; first += sums * W) {
#pragma GCC unroll 8
    for (int i = 0; i < sums; ++i) sum[i] = sum[i] + V::load(from + first + i * W);
  }
  for (int i = 1; i < sums; ++i) sum[0] = sum[0] + sum[i];
  return static_cast<double>(reduce_add(sum[0]));
}

template <class V, class Function>
void map(const float* x, float* y, int64_t count, const Function& function) {
  for (int64_t i = 0; i < count; i += V::kLanes) function(V::load(x + i)).store(y + i);
}

}  // namespace charrnn::cpu
