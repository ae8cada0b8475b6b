// x86-64 with AVX2 and FMA.
#include <immintrin.h>

#include "engine/cpu/isa/isas.h"
#include "engine/cpu/kernels/kernel_table.h"

namespace charrnn::cpu::avx2 {

struct Set;
using V = FloatVector<8, Set>;

inline V fma(V a, V b, V c) { return V(_mm256_fmadd_ps(a.v, b.v, c.v)); }
inline V sqrt(V a) { return V(_mm256_sqrt_ps(a.v)); }
// Where one is NaN, these give the second: x.
inline V clamp_min(V x, float limit) { return V(_mm256_max_ps(_mm256_set1_ps(limit), x.v)); }
inline V clamp_max(V x, float limit) { return V(_mm256_min_ps(_mm256_set1_ps(limit), x.v)); }
inline V maximum(V x, V y) { return V(_mm256_max_ps(y.v, x.v)); }

struct Operands : Float32Operands<V> {
  // Once into a register: g++ would rather name the place in memory in each multiply-add, and the
  // two loads a cycle would be the limit.
  static V weights(const float* w) {
    V values = V::load(w);
    __asm__("" : "+x"(values.v));
    return values;
  }
};

constexpr Kernels<float> kFloat32 = make_kernels<Operands, 16>();
constexpr FloatKernels kFloats = make_float_kernels<V>();

bool available() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

}  // namespace charrnn::cpu::avx2

namespace charrnn::cpu {

const Isa kAvx2 = {.name = "avx2",
                   .lanes = 8,
                   .available = avx2::available,
                   .float32 = &avx2::kFloat32,
                   .bfloat16 = nullptr,
                   .floats = &avx2::kFloats};

}  // namespace charrnn::cpu
