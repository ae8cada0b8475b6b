// 64-bit Arm: NEON belongs to every such processor.
#include <arm_neon.h>

#include "engine/cpu/isa/isas.h"
#include "engine/cpu/kernels/kernel_table.h"

namespace charrnn::cpu::neon {

struct Set;
using V = FloatVector<4, Set>;

inline V fma(V a, V b, V c) {
  return V((V::Float)vfmaq_f32((float32x4_t)c.v, (float32x4_t)a.v, (float32x4_t)b.v));
}
inline V sqrt(V a) { return V((V::Float)vsqrtq_f32((float32x4_t)a.v)); }

constexpr Kernels<float> kFloat32 = make_kernels<Float32Operands<V>, 32>();
constexpr FloatKernels kFloats = make_float_kernels<V>();

}  // namespace charrnn::cpu::neon

namespace charrnn::cpu {

const Isa kNeon = {.name = "neon",
                   .lanes = 4,
                   .available = [] { return true; },
                   .float32 = &neon::kFloat32,
                   .bfloat16 = nullptr,
                   .floats = &neon::kFloats};

}  // namespace charrnn::cpu
