#include <malloc.h>

#include "app/process/freed_memory.h"

namespace charrnn {

// Left alone, glibc raises the size from which it does so to that of the largest array freed so
// far.
void return_freed_memory_at_once() { mallopt(M_MMAP_THRESHOLD, 1 << 20); }

}  // namespace charrnn
