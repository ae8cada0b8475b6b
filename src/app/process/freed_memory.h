// What becomes of memory that was freed.
#pragma once

namespace charrnn {

// From now on arrays of a network's size go back to the system as soon as they are freed, where the
// C library can be told to. For the program's start, before anything of that size is allocated.
void return_freed_memory_at_once();

}  // namespace charrnn
