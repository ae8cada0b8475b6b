// The instruction sets, each defined in its isa_*.cc. Which of them a program holds is decided by
// its isas_*.cc.
#pragma once

#include "engine/cpu/kernels/kernels.h"

namespace charrnn::cpu {

extern const Isa kPortable;
extern const Isa kAvx2;
extern const Isa kAvx512;
extern const Isa kAvx512Bf16;
extern const Isa kAmx;
extern const Isa kNeon;

// Plain AVX-512's, which the sets above it share: they differ in bf16 alone.
namespace avx512 {
extern const Kernels<float> kFloat32;
extern const FloatKernels kFloats;
}  // namespace avx512

}  // namespace charrnn::cpu
