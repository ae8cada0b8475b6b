// x86-64 with AVX-512 (F, BW, DQ, VL).
#include "engine/cpu/isa/isas.h"
#include "engine/cpu/kernels/avx512_vector.h"
#include "engine/cpu/kernels/kernel_table.h"

namespace charrnn::cpu::avx512 {

struct Set;
using V = FloatVector<16, Set>;

const Kernels<float> kFloat32 = make_kernels<Float32Operands<V>, 32>();
const FloatKernels kFloats = make_float_kernels<V>();

bool available() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

}  // namespace charrnn::cpu::avx512

namespace charrnn::cpu {

const Isa kAvx512 = {.name = "avx512",
                     .lanes = 16,
                     .available = avx512::available,
                     .float32 = &avx512::kFloat32,
                     .bfloat16 = nullptr,
                     .floats = &avx512::kFloats};

}  // namespace charrnn::cpu
