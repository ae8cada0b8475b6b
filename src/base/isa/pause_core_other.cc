// This processor's instruction is not known: the call alone takes some cycles.
#include "base/isa/pause_core.h"

namespace charrnn {

void pause_core() { __asm__ volatile("" ::: "memory"); }

}  // namespace charrnn
