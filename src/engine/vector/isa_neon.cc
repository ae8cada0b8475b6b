// The kernels for arm64.
#include "engine/vector/isa.h"
#include "engine/vector/vector_neon.h"
// The vector comes first: its functions must be known where the kernels are made.
#include "engine/vector/make_kernels.h"

namespace charrnn {

constexpr Kernels kNeonTable = kernels::make_kernels<neon::Vector>("neon");

const Kernels& neon_kernels() { return kNeonTable; }

}  // namespace charrnn
