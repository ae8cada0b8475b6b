// A file descriptor kept in reserve: released when descriptors run out, so that a connection can be
// accepted and closed instead of waiting forever.
#pragma once

#include <fcntl.h>
#include <unistd.h>

namespace charrnn {

class SpareDescriptor {
 public:
  SpareDescriptor() { refill(); }
  ~SpareDescriptor() { release(); }
  void release() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }
  void refill() {
    if (descriptor_ < 0) descriptor_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  }

 private:
  int descriptor_ = -1;
};

}  // namespace charrnn
