// AVX-512 with the dot product of bf16 pairs. Its float kernels are those of plain AVX-512, so that
// float32 results are the same.
#include "engine/cpu/isa/isas.h"
#include "engine/cpu/kernels/avx512_bf16_operands.h"
#include "engine/cpu/kernels/kernel_table.h"

namespace charrnn::cpu::avx512_bf16 {

struct Set;
using V = FloatVector<16, Set>;

constexpr Kernels<Bf16> kBfloat16 = make_kernels<Avx512Bf16Operands<V>, 32>();

bool available() { return kAvx512.available() && __builtin_cpu_supports("avx512bf16"); }

}  // namespace charrnn::cpu::avx512_bf16

namespace charrnn::cpu {

const Isa kAvx512Bf16 = {.name = "avx512-bf16",
                         .lanes = 16,
                         .available = avx512_bf16::available,
                         .float32 = &avx512::kFloat32,
                         .bfloat16 = &avx512_bf16::kBfloat16,
                         .floats = &avx512::kFloats};

}  // namespace charrnn::cpu
