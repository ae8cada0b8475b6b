#include "base/files/held_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/files/file.h"

namespace charrnn {

HeldFolder::HeldFolder(std::string path)
    : path_(std::move(path)),
      descriptor_(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (descriptor_ < 0) throw_io_error(errno, "open the folder", path_);
}

HeldFolder::HeldFolder(const HeldFolder& parent, std::string_view name)
    : path_(parent.path(name)),
      descriptor_(::openat(parent.descriptor_, parent.name_of(path_),
                           O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) {
  if (descriptor_ < 0) throw_io_error(errno, "open the folder", path_);
}

HeldFolder::~HeldFolder() { ::close(descriptor_); }

std::string HeldFolder::path(std::string_view name) const {
  return fmt::format("{}/{}", path_, name);
}

const char* HeldFolder::name_of(const std::string& path) const {
  const size_t length = path_.size();
  if (!path.starts_with(path_) || path.size() <= length || path[length] != '/') return "";
  const std::string_view name = std::string_view(path).substr(length + 1);
  const bool is_beneath = name.find('/') == name.npos && name != "." && name != "..";
  return is_beneath ? path.c_str() + length + 1 : "";
}

void HeldFolder::must_be_in_place() const {
  struct stat held = {}, named = {};
  const bool is_there = ::stat(path_.c_str(), &named) == 0;
  const int error_number = errno;
  if (is_there && ::fstat(descriptor_, &held) == 0 && held.st_dev == named.st_dev &&
      held.st_ino == named.st_ino) {
    return;
  }
  if (!is_there && error_number != ENOENT && error_number != ENOTDIR) {
    throw_io_error(error_number, "find the folder", path_);
  }
  throw Error(
      ErrorKind::kIo, "folder_moved",
      fmt::format("the folder was removed, renamed or replaced: nothing is written to {} ({})",
                  is_there ? "the one that has its name now" : "it", path_),
      "give it its name again; the next attempt finds it");
}

std::string HeldFolder::read(const std::string& path) const {
  const int descriptor =
      ::openat(descriptor_, name_of(path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0 && errno == ELOOP) must_be_regular(S_IFLNK, "read the file", path);
  if (descriptor < 0) throw_io_error(errno, "read the file", path);
  const std::unique_ptr<const int, void (*)(const int*)> closing(
      &descriptor, [](const int* open) { ::close(*open); });
  return read_open_file(descriptor, path);
}

std::vector<std::string> HeldFolder::names() const {
  const int descriptor = ::openat(descriptor_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) throw_io_error(errno, "read the folder", path_);
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::fdopendir(descriptor), ::closedir);
  if (!folder) {
    const int error_number = errno;
    ::close(descriptor);
    throw_io_error(error_number, "read the folder", path_);
  }
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  return names;
}

int HeldFolder::remove_temporaries() {
  std::vector<std::string> all;
  try {
    all = names();
  } catch (const Error&) {
    return 0;  // what cannot be listed stays
  }
  int removed = 0;
  for (const std::string& name : all) {
    if (!name.starts_with(kTemporaryPrefix)) continue;
    removed += ::unlinkat(descriptor_, name.c_str(), 0) == 0;
  }
  return removed;
}

int HeldFolder::make_folder(const std::string& path) {
  const std::string name = name_of(path);
  if (name.empty()) return -EXDEV;
  return ::mkdirat(descriptor_, name.c_str(), 0777) == 0 ? 0 : -errno;
}

int HeldFolder::remove_folder(const std::string& path) {
  const std::string name = name_of(path);
  if (name.empty()) return -EXDEV;
  return ::unlinkat(descriptor_, name.c_str(), AT_REMOVEDIR) == 0 ? 0 : -errno;
}

int HeldFolder::move(std::string_view name, HeldFolder& to, std::string_view new_name) {
  const std::string from = name_of(path(name)), there = to.name_of(to.path(new_name));
  if (from.empty() || there.empty()) return -EXDEV;
  const int moved =
      ::renameat2(descriptor_, from.c_str(), to.descriptor_, there.c_str(), RENAME_NOREPLACE);
  return moved == 0 ? 0 : -errno;
}

int HeldFolder::open(const std::string& path, int flags, mode_t mode) {
  const char* const name = name_of(path);
  if (*name == 0) return -EXDEV;
  const int opened = ::openat(descriptor_, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, mode);
  return opened < 0 ? -errno : opened;
}

ssize_t HeldFolder::write(int descriptor, const void* data, size_t size) {
  return real_file_system().write(descriptor, data, size);
}

int HeldFolder::fsync(int descriptor) { return real_file_system().fsync(descriptor); }

int HeldFolder::close(int descriptor) { return real_file_system().close(descriptor); }

int HeldFolder::rename(const std::string& from, const std::string& to) {
  const char *const old_name = name_of(from), *const name = name_of(to);
  if (*old_name == 0 || *name == 0) return -EXDEV;
  return ::renameat(descriptor_, old_name, descriptor_, name) == 0 ? 0 : -errno;
}

int HeldFolder::link(const std::string& from, const std::string& to) {
  const char *const old_name = name_of(from), *const name = name_of(to);
  if (*old_name == 0 || *name == 0) return -EXDEV;
  return ::linkat(descriptor_, old_name, descriptor_, name, 0) == 0 ? 0 : -errno;
}

int HeldFolder::unlink(const std::string& path) {
  const char* const name = name_of(path);
  if (*name == 0) return -EXDEV;
  return ::unlinkat(descriptor_, name, 0) == 0 ? 0 : -errno;
}

int HeldFolder::mode(const std::string& path) {
  const char* const name = name_of(path);
  if (*name == 0) return -EXDEV;
  struct stat status = {};
  const bool found = ::fstatat(descriptor_, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
  return found ? static_cast<int>(status.st_mode) : -errno;
}

int HeldFolder::sync_folder(const std::string& folder) {
  return folder == path_ ? sync_open_folder(descriptor_) : -EXDEV;
}

}  // namespace charrnn
