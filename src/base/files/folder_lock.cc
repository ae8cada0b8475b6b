#include "base/files/folder_lock.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/error.h"
#include "base/files/file.h"

namespace charrnn {
namespace {

constexpr std::string_view kName = ".lock";

// The process id that the lock's holder wrote into the file, or "" where there is none.
std::string holder(int descriptor) {
  std::array<char, 32> text = {};
  const ssize_t size = ::pread(descriptor, text.data(), text.size() - 1, 0);
  std::string digits;
  for (ssize_t i = 0; i < size && text[i] >= '0' && text[i] <= '9'; ++i) digits += text[i];
  return digits;
}

// Whether the file is one that a lock has written: nothing, or a process id and a line feed.
bool is_lock(int descriptor) {
  struct stat status = {};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) || status.st_nlink != 1) {
    return false;
  }
  return status.st_size == 0 ||
         (status.st_size < 32 &&
          status.st_size == static_cast<off_t>(holder(descriptor).size()) + 1);
}

}  // namespace

FolderLock::FolderLock(HeldFolder& held) {
  const std::string& folder = held.path();
  descriptor_ = held.open(held.path(kName), O_RDWR | O_CREAT, 0666);
  if (descriptor_ < 0 && descriptor_ != -ELOOP && descriptor_ != -ENXIO) {
    throw_io_error(-descriptor_, "lock the folder", folder);
  }
  if (descriptor_ < 0 || !is_lock(descriptor_)) {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    throw Error(
        ErrorKind::kIo, "not_a_lock",
        fmt::format("cannot lock the folder: its {} is not a file of charrnn ({})", kName, folder),
        "remove it, or choose another folder with --out");
  }
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    const int error_number = errno;
    const std::string id = holder(descriptor_);
    ::close(std::exchange(descriptor_, -1));
    if (error_number != EWOULDBLOCK) throw_io_error(error_number, "lock the folder", folder);
    throw Error(ErrorKind::kIo, "run_locked",
                fmt::format("the folder is in use: locked by {} ({})",
                            id.empty() ? "another process" : "pid " + id, folder),
                "wait until it ends, stop it, or choose another folder with --out");
  }
  // For people and for the message above; the lock itself is the kernel's.
  const std::string id = fmt::format("{}\n", ::getpid());
  if (::ftruncate(descriptor_, 0) != 0 ||
      ::pwrite(descriptor_, id.data(), id.size(), 0) != static_cast<ssize_t>(id.size())) {
    // A full disk must not prevent reading or resuming: the lock holds without the process id.
  }
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

FolderLock::FolderLock(FolderLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

}  // namespace charrnn
