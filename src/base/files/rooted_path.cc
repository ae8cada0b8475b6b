#include "base/files/rooted_path.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "base/error.h"
#include "base/files/file.h"

namespace charrnn {
namespace {

// How much of the path is its root: nothing of a plain name, whose root is ".".
size_t length_of_root(const RootedPath& file) {
  const size_t length = file.root.size();
  const bool is_whole = file.root.ends_with('/') || file.path.substr(0, length + 1).ends_with('/');
  return file.path.starts_with(file.root) && is_whole ? length : 0;
}

}  // namespace

RootedPath::RootedPath(const std::string& file) : root(folder_of(file)), path(file) {}

RootedPath::RootedPath(std::string named_root, std::string whole_path)
    : root(std::move(named_root)), path(std::move(whole_path)) {}

RootedPath RootedPath::operator/(const std::string& name) const {
  return {root, path + (path.ends_with('/') ? "" : "/") + name};
}

int open_to_read(const RootedPath& file) {
  constexpr int kFlags = O_RDONLY | O_NONBLOCK | O_CLOEXEC;
  constexpr int kFolderFlags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  const auto or_errno = [](int opened) { return opened < 0 ? -errno : opened; };
  if (file.is_named()) return or_errno(::open(file.path.c_str(), kFlags));
  size_t begin = length_of_root(file);
  int folder = or_errno(::open(file.root.c_str(), kFolderFlags));
  while (folder >= 0) {
    begin = std::min(file.path.find_first_not_of('/', begin), file.path.size());
    const size_t end = std::min(file.path.find('/', begin), file.path.size());
    const std::string name = file.path.substr(begin, end - begin);
    const bool last = end == file.path.size();
    const int next =
        or_errno(::openat(folder, name.c_str(), O_NOFOLLOW | (last ? kFlags : kFolderFlags)));
    ::close(folder);
    if (last) return next;
    folder = next;
    begin = end;
  }
  return folder;
}

std::string read_file(const RootedPath& file, uint64_t max_bytes) {
  const int descriptor = open_to_read(file);
  if (descriptor == -ELOOP && !file.is_named()) {
    throw Error(ErrorKind::kIo, "is_link",
                "cannot read the file: it is a symbolic link (" + file.path + ")",
                "name the link itself: only what is found in a folder must be no link");
  }
  if (descriptor < 0) throw_io_error(-descriptor, "read the file", file.path);
  const std::unique_ptr<const int, void (*)(const int*)> closing(
      &descriptor, [](const int* open) { ::close(*open); });
  return read_open_file(descriptor, file.path, max_bytes);
}

}  // namespace charrnn
