// The system calls needed to save a file, behind an interface: tests substitute a file system that
// fails or loses power (base/testing/faulty_file_system.h).
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>

namespace charrnn {

// Like the POSIX calls of the same names, except that failures return -errno.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual int open(const std::string& path, int flags, mode_t mode) = 0;  // a descriptor
  virtual ssize_t write(int descriptor, const void* data, size_t size) = 0;
  virtual int fsync(int descriptor) = 0;
  virtual int close(int descriptor) = 0;
  virtual int rename(const std::string& from, const std::string& to) = 0;
  // A second name for a file, where there is none yet.
  virtual int link(const std::string& from, const std::string& to) = 0;
  virtual int unlink(const std::string& path) = 0;
  // Its st_mode; of a symbolic link that of the link itself.
  virtual int mode(const std::string& path) = 0;
  // Makes the names in a folder durable: what was created, renamed or removed there.
  virtual int sync_folder(const std::string& folder) = 0;
};

// Like fsync. Some network and user-space file systems have no such call for a folder: then there
// is nothing to wait for.
int sync_open_folder(int descriptor);

// The machine's own. It has no state.
FileSystem& real_file_system();

}  // namespace charrnn
