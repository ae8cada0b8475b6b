// The kernels for Any machine.
#include "engine/vector/isa.h"
#include "engine/vector/vector_portable.h"
// The vector comes first: its functions must be known where the kernels are made.
#include "engine/vector/make_kernels.h"

namespace charrnn {

constexpr Kernels kPortableTable = kernels::make_kernels<portable::Vector>("portable");

const Kernels& portable_kernels() { return kPortableTable; }

}  // namespace charrnn
