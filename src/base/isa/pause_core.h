// Tells the processor that this thread is waiting in a loop: it leaves the core's units to the
// other hardware thread and takes some ten nanoseconds. One file for each kind of processor.
#pragma once

namespace charrnn {

void pause_core();

}  // namespace charrnn
