// The instruction sets, each defined in its isa_*.cc. Which of them a program holds is decided by
// its isas_*.cc.
#pragma once

#include "engine/cpu/kernels.h"

namespace charrnn::cpu {

extern const Isa kPortable;
extern const Isa kAvx2;
extern const Isa kAvx512;
extern const Isa kAvx512Bf16;
extern const Isa kAmx;
extern const Isa kNeon;

}  // namespace charrnn::cpu
