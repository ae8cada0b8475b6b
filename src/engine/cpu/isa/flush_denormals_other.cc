// This processor's mode is not known: subnormal numbers stay.
#include "engine/cpu/isa/flush_denormals.h"

namespace charrnn::cpu {

FlushDenormals::FlushDenormals() : before_(0) {}
FlushDenormals::~FlushDenormals() { before_ = 0; }

}  // namespace charrnn::cpu
