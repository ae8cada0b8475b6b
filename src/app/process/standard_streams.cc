#include "app/process/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

namespace charrnn {

void open_standard_streams() {
  for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) >= 0) continue;
    // The lowest that is free: this one. Reading from it remains an error.
    const int opened = open("/dev/null", O_WRONLY);
    if (opened > STDERR_FILENO) close(opened);
  }
}

}  // namespace charrnn
