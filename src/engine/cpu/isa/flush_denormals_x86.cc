#include <xmmintrin.h>

#include "engine/cpu/isa/flush_denormals.h"

namespace charrnn::cpu {

// Bit 15 of MXCSR: results are flushed to zero. Bit 6: inputs are taken for zero.
FlushDenormals::FlushDenormals() : before_(_mm_getcsr()) {
  _mm_setcsr(static_cast<uint32_t>(before_) | 0x8040u);
}
FlushDenormals::~FlushDenormals() { _mm_setcsr(static_cast<uint32_t>(before_)); }

}  // namespace charrnn::cpu
