// Tells whether a process that is not a child still runs.
#pragma once

#include <sys/types.h>

namespace charrnn {

class OtherProcess {
 public:
  explicit OtherProcess(pid_t process);
  ~OtherProcess();
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;

  bool ended() const;

 private:
  pid_t process_;
  int descriptor_;  // pidfd, safe against reuse of the number; -1: none
};

}  // namespace charrnn
