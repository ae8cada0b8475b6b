// A process that is not ours to wait for, and whether it still runs.
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
  int descriptor_;  // of this very process, whoever gets its number later; -1: none
};

}  // namespace charrnn
