// The kernels for AVX-512: F, DQ, BW and VL.
#include "engine/vector/isa.h"
#include "engine/vector/vector_avx512.h"
// The vector comes first: its functions must be known where the kernels are made.
#include "engine/vector/make_kernels.h"

namespace charrnn {

constexpr Kernels kAvx512Table = kernels::make_kernels<avx512::Vector>("avx512");

const Kernels& avx512_kernels() { return kAvx512Table; }

}  // namespace charrnn
