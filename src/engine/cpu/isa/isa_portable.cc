// Any processor: vectors of four floats in the compiler's own terms. A multiply-add rounds twice,
// and its product takes one of the 16 registers.
#include "engine/cpu/isa/isas.h"
#include "engine/cpu/kernels/kernel_table.h"

namespace charrnn::cpu::portable {

struct Set;
using V = FloatVector<4, Set>;

inline V fma(V a, V b, V c) { return a * b + c; }
inline V sqrt(V a) {
  for (int i = 0; i < 4; ++i) a.v[i] = __builtin_sqrtf(a.v[i]);
  return a;
}

constexpr Kernels<float> kFloat32 = make_kernels<Float32Operands<V>, 15>();
constexpr Kernels<Bf16> kBfloat16 = make_kernels<EmulatedBf16Operands<V>, 15>();
constexpr FloatKernels kFloats = make_float_kernels<V>();

}  // namespace charrnn::cpu::portable

namespace charrnn::cpu {

const Isa kPortable = {.name = "portable",
                       .lanes = 4,
                       .available = [] { return true; },
                       .float32 = &portable::kFloat32,
                       .bfloat16 = &portable::kBfloat16,
                       .floats = &portable::kFloats,
                       .emulates_bf16 = true};

}  // namespace charrnn::cpu
