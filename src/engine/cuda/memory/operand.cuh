// The numbers that products are made of on the GPU: bf16 on the matrix units, and float32, whose
// products the matrix units make of three smaller ones. Sums are float32 in both.
//
// Kernels see rows of operands as 32-bit words: two bf16 or one float. kNothing is a word that no
// result can be (results that are not numbers have another bit pattern), so memory filled with it
// tells what has been written since.
#pragma once

#include <cuda_bf16.h>

#include <cstdint>

namespace charrnn::cuda {

inline constexpr uint32_t kNothing = 0xffffffffu;

// The fragments of one product of the matrix units, 16 rows times 8 columns (streams): each lane of
// a warp gives four words of the rows (two for row lane / 4, two for that + 8, see
// resident_product.cuh) and two of the column lane / 4, and has four sums.
struct alignas(16) Fragment {
  uint32_t words[4];
};

struct Bf16 {
  using Stored = __nv_bfloat16;
  static constexpr bool precise = false;
  static constexpr int word_values = 2;

  __device__ static float to_float(Stored value) { return __bfloat162float(value); }
  __device__ static Stored from_float(float value) { return __float2bfloat16_rn(value); }

  // sums += rows · columns, 16 deep
  template <bool>
  __device__ static void multiply(float (&sums)[4], const Fragment& rows, uint32_t column0,
                                  uint32_t column1) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
        "{%8, %9}, {%0, %1, %2, %3};"
        : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
        : "r"(rows.words[0]), "r"(rows.words[1]), "r"(rows.words[2]), "r"(rows.words[3]),
          "r"(column0), "r"(column1));
  }
};

struct Float32 {
  using Stored = float;
  static constexpr bool precise = true;
  static constexpr int word_values = 1;

  __device__ static float to_float(Stored value) { return value; }
  __device__ static Stored from_float(float value) { return value; }

  // The matrix units read 11 bits of a float's mantissa ("tf32"). A value is the sum of its first
  // 11 bits and the rest, so
  //
  //   a b = a' b' + a' b" + a" b' + a" b"      a" b" is below 2^-20 of the whole and left out
  //
  // keeps_parts: the compiler may split rows that stay once and for all, in twice the registers.
  template <bool keeps_parts>
  __device__ static void multiply(float (&sums)[4], const Fragment& rows, uint32_t column0,
                                  uint32_t column1) {
    Fragment large, small;
    for (int i = 0; i < 4; ++i) {
      uint32_t word = rows.words[i];
      if constexpr (!keeps_parts) asm volatile("" : "+r"(word));
      split(word, large.words[i], small.words[i]);
    }
    uint32_t large0, small0, large1, small1;
    split(column0, large0, small0);
    split(column1, large1, small1);
    add_product(sums, small, large0, large1);
    add_product(sums, large, small0, small1);
    add_product(sums, large, large0, large1);
  }

 private:
  // Rounds to the nearest 11 bits, so that the rest is half as large and of either sign.
  __device__ static void split(uint32_t value, uint32_t& large, uint32_t& small) {
    large = (value + 0x1000u) & 0xffffe000u;
    small = __float_as_uint(__uint_as_float(value) - __uint_as_float(large));
  }
  __device__ static void add_product(float (&sums)[4], const Fragment& rows, uint32_t column0,
                                     uint32_t column1) {
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
        "{%8, %9}, {%0, %1, %2, %3};"
        : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
        : "r"(rows.words[0]), "r"(rows.words[1]), "r"(rows.words[2]), "r"(rows.words[3]),
          "r"(column0), "r"(column1));
  }
};

// What a cell's formulas compute with. Where operands are bf16 anyway, tanh is the special function
// unit's (relative error 2^-11).
template <bool precise>
struct Number {
  float value = 0;

  Number() = default;
  __device__ constexpr Number(float number) : value(number) {}

  __device__ friend Number operator+(Number a, Number b) { return a.value + b.value; }
  __device__ friend Number operator-(Number a, Number b) { return a.value - b.value; }
  __device__ friend Number operator*(Number a, Number b) { return a.value * b.value; }
  __device__ friend Number tanh(Number x) {
    if constexpr (precise) return tanhf(x.value);
    float result;
    asm("tanh.approx.f32 %0, %1;" : "=f"(result) : "f"(x.value));
    return result;
  }
  // 1 / (1 + e^-x) = (1 + tanh(x / 2)) / 2
  __device__ friend Number sigmoid(Number x) {
    if constexpr (precise) return 1 / (1 + expf(-x.value));
    return 0.5f + 0.5f * tanh(Number(0.5f * x.value)).value;
  }
};

}  // namespace charrnn::cuda
