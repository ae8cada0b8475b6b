#include "base/isa/pause_core.h"

namespace charrnn {

void pause_core() { __asm__ volatile("pause" ::: "memory"); }

}  // namespace charrnn
