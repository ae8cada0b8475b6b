// AVX-512 with the dot product of bf16 pairs. Its float kernels are those of plain AVX-512, so that
// float32 results are the same.
#include <immintrin.h>

#include "engine/cpu/isas.h"
#include "engine/cpu/kernel_table.h"

namespace charrnn::cpu::avx512_bf16 {

struct Set;
using V = FloatVector<16, Set>;

inline V fma(V a, V b, V c) { return V(_mm512_fmadd_ps(a.v, b.v, c.v)); }

struct Bf16Operands : EmulatedBf16Operands<V> {
  static V multiply_add(V sum, Factor a, Factor w) {
    return V(_mm512_dpbf16_ps(sum.v, (__m512bh)a, (__m512bh)w));
  }
  static void store_operand(Bf16* p, V value) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), (__m256i)_mm512_cvtneps_pbh(value.v));
  }
  // The conversion puts the first row into the lower half, the second into the upper: interleave.
  static void store_group(Bf16* p, const V (&rows)[2]) {
    const __m512i order =
        _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                         21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    const __m512i halves = (__m512i)_mm512_cvtne2ps_pbh(rows[1].v, rows[0].v);
    _mm512_storeu_si512(p, _mm512_permutexvar_epi16(order, halves));
  }
};

constexpr Kernels<Bf16> kBfloat16 = make_kernels<Bf16Operands, 32>();

bool available() { return kAvx512.available() && __builtin_cpu_supports("avx512bf16"); }

}  // namespace charrnn::cpu::avx512_bf16

namespace charrnn::cpu {

namespace avx512 {
extern const Kernels<float> kFloat32;
extern const FloatKernels kFloats;
}  // namespace avx512

const Isa kAvx512Bf16 = {.name = "avx512-bf16",
                         .lanes = 16,
                         .available = avx512_bf16::available,
                         .float32 = &avx512::kFloat32,
                         .bfloat16 = &avx512_bf16::kBfloat16,
                         .floats = &avx512::kFloats};

}  // namespace charrnn::cpu
