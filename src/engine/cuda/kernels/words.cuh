// Words that blocks exchange: reading them while others write, four at a time, and writing them.
#pragma once

#include "engine/cuda/memory/operand.cuh"

namespace charrnn::cuda {

struct Words {
  uint32_t word[4];
};

__device__ inline bool is_complete(const Words& words) {
  return words.word[0] != kNothing && words.word[1] != kNothing && words.word[2] != kNothing &&
         words.word[3] != kNothing;
}

__device__ inline Words read_memory_words(const uint32_t* address) {
  Words words;
  asm volatile("ld.relaxed.gpu.global.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(words.word[0]), "=r"(words.word[1]), "=r"(words.word[2]), "=r"(words.word[3])
               : "l"(address)
               : "memory");
  return words;
}

// Writes `value` at place `place` of a row. Called by all lanes of a warp, whose places are side by
// side from an even one on.
template <class Operand>
__device__ void write_words(typename Operand::Stored* row, int place, float value, bool present) {
  uint32_t word;
  if constexpr (Operand::word_values == 1) {
    // Whatever is no number becomes one pattern, which is not kNothing.
    word = value == value ? __float_as_uint(value) : 0x7fffffffu;
  } else {
    const float next = __shfl_down_sync(0xffffffffu, value, 1);
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(next), "f"(value));
    present = present && place % 2 == 0;
  }
  if (present) {
    asm volatile("st.relaxed.gpu.global.u32 [%0], %1;" ::"l"(row + place), "r"(word) : "memory");
  }
}

}  // namespace charrnn::cuda
