// Operands of bf16 with the conversions and the dot product of pairs that AVX-512 has for them.
// Included by the isa_*.cc files that are compiled for it.
#pragma once

#include "engine/cpu/kernels/avx512_vector.h"
#include "engine/cpu/kernels/operand_types.h"

namespace charrnn::cpu {

template <class V_>
struct Avx512Bf16Operands : EmulatedBf16Operands<V_> {
  using V = V_;
  using Factor = typename EmulatedBf16Operands<V_>::Factor;
  static constexpr bool kEmulated = false;

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

}  // namespace charrnn::cpu
