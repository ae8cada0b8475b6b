#include "engine/cpu/isa/flush_denormals.h"

namespace charrnn::cpu {

// Bit 24 of FPCR: inputs and results are flushed to zero.
FlushDenormals::FlushDenormals() {
  __asm__ volatile("mrs %0, fpcr" : "=r"(before_));
  __asm__ volatile("msr fpcr, %0" : : "r"(before_ | uint64_t{1} << 24));
}
FlushDenormals::~FlushDenormals() { __asm__ volatile("msr fpcr, %0" : : "r"(before_)); }

}  // namespace charrnn::cpu
