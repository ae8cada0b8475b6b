// A path of which the beginning was named by the user and the rest was found.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

namespace charrnn {

// The root may lead through symbolic links. What follows it in the path must not: whoever made the
// folder must not choose which other files of this machine are opened.
struct RootedPath {
  RootedPath() = default;  // none
  // A file whose folder was named.
  RootedPath(const std::string& file);  // NOLINT(google-explicit-constructor)
  // path begins with root; where it is the same, the file itself was named and may be a link.
  RootedPath(std::string named_root, std::string whole_path);

  // A file of the folder that this path is of.
  RootedPath operator/(const std::string& name) const;
  bool is_named() const { return path == root; }
  bool operator==(const RootedPath&) const = default;

  std::string root;
  std::string path;
};

// Opens it for reading, without waiting for the writer of a pipe: a descriptor, or -errno; -ELOOP
// or -ENOTDIR where a symbolic link stands in the way.
int open_to_read(const RootedPath& file);

// As base/files/file.h has it.
std::string read_file(const RootedPath& file,
                      uint64_t max_bytes = std::numeric_limits<int64_t>::max());

}  // namespace charrnn
