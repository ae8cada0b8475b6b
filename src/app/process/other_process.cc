#include "app/process/other_process.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace charrnn {

OtherProcess::OtherProcess(pid_t process)
    : process_(process), descriptor_(static_cast<int>(::syscall(SYS_pidfd_open, process, 0))) {}

OtherProcess::~OtherProcess() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

// Kernels before Linux 5.3 have no pidfd: there the process id has to do.
bool OtherProcess::ended() const {
  if (descriptor_ < 0) return ::kill(process_, 0) != 0 && errno == ESRCH;
  pollfd wait = {descriptor_, POLLIN, 0};
  return ::poll(&wait, 1, 0) == 1;
}

}  // namespace charrnn
