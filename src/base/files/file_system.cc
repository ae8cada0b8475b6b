#include "base/files/file_system.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace charrnn {
namespace {

template <class Result>
Result or_errno(Result result) {
  return result < 0 ? -errno : result;
}

}  // namespace

int sync_open_folder(int descriptor) {
  const int result = or_errno(::fsync(descriptor));
  return result == -EINVAL || result == -ENOTSUP ? 0 : result;
}

namespace {

class RealFileSystem : public FileSystem {
 public:
  int open(const std::string& path, int flags, mode_t mode) override {
    return or_errno(::open(path.c_str(), flags | O_CLOEXEC, mode));
  }
  ssize_t write(int descriptor, const void* data, size_t size) override {
    return or_errno(::write(descriptor, data, size));
  }
  int fsync(int descriptor) override { return or_errno(::fsync(descriptor)); }
  int close(int descriptor) override { return or_errno(::close(descriptor)); }
  int rename(const std::string& from, const std::string& to) override {
    return or_errno(std::rename(from.c_str(), to.c_str()));
  }
  int link(const std::string& from, const std::string& to) override {
    return or_errno(::link(from.c_str(), to.c_str()));
  }
  int unlink(const std::string& path) override { return or_errno(::unlink(path.c_str())); }
  int mode(const std::string& path) override {
    struct stat status = {};
    return ::lstat(path.c_str(), &status) == 0 ? static_cast<int>(status.st_mode) : -errno;
  }

  int sync_folder(const std::string& folder) override {
    const int descriptor = open(folder, O_RDONLY | O_DIRECTORY, 0);
    if (descriptor < 0) return descriptor;
    const int result = sync_open_folder(descriptor);
    ::close(descriptor);
    return result;
  }
};

}  // namespace

FileSystem& real_file_system() {
  static RealFileSystem file_system;
  return file_system;
}

}  // namespace charrnn
