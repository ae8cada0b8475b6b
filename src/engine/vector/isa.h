// One table of kernels for each instruction set that this build holds.
#pragma once

#include "engine/vector/kernels.h"

namespace charrnn {

const Kernels& avx512_kernels();
const Kernels& avx2_kernels();
const Kernels& neon_kernels();
const Kernels& portable_kernels();

}  // namespace charrnn
