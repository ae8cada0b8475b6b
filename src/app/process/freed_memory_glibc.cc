#include <malloc.h>

#include "app/process/freed_memory.h"

namespace charrnn {

// By default glibc raises this threshold to the size of the largest array freed so far.
void return_freed_memory_at_once() { mallopt(M_MMAP_THRESHOLD, 1 << 20); }

}  // namespace charrnn
