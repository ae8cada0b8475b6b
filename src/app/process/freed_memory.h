// Controls what happens to freed memory.
#pragma once

namespace charrnn {

// From now on large arrays are returned to the system when they are freed, if the C library
// supports that. Call at program start, before any large allocation.
void return_freed_memory_at_once();

}  // namespace charrnn
