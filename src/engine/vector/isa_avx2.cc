// The kernels for AVX2 with FMA.
#include "engine/vector/isa.h"
#include "engine/vector/vector_avx2.h"
// The vector comes first: its functions must be known where the kernels are made.
#include "engine/vector/make_kernels.h"

namespace charrnn {

constexpr Kernels kAvx2Table = kernels::make_kernels<avx2::Vector>("avx2");

const Kernels& avx2_kernels() { return kAvx2Table; }

}  // namespace charrnn
