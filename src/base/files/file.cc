#include "base/files/file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace charrnn {
namespace {

std::string_view hint_for(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return "free some space, or write to another place";
    case EFBIG:
      return "the file is larger than the limit for files (ulimit -f) or than the file system "
             "holds";
    case EACCES:
    case EPERM:
      return "check the permissions of the file and of its folder";
    case EROFS:
      return "the file system is read-only; write to another place";
    case ENOENT:
      return "check the path; the folder must be there";
    case EMFILE:
    case ENFILE:
      return "too many files are open: a higher limit (ulimit -n) allows it";
    case EIO:
      return "the device reports an error; look at the system's log, and save to another disk";
    default:
      return "check the path and the device";
  }
}

// The descriptor of a file open for reading; closed at the end.
class InputFile {
 public:
  explicit InputFile(const std::string& path)
      // O_NONBLOCK: opening a FIFO must not wait for its writer.
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (descriptor_ < 0) throw_io_error(errno, "read the file", path);
  }
  ~InputFile() { ::close(descriptor_); }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

// A temporary file that will replace `path`; removed unless the replacement succeeds.
class Temporary {
 public:
  Temporary(const std::string& path, FileSystem& files) : path_(path), files_(files) {
    const std::string folder = folder_of(path);
    for (int n = 0; descriptor_ == -EEXIST && n < 10000; ++n) {
      temporary_ = fmt::format("{}/{}{}.{}", folder, kTemporaryPrefix, ::getpid(), n);
      do {
        descriptor_ = files_.open(temporary_, O_CREAT | O_EXCL | O_WRONLY, 0666);
      } while (descriptor_ == -EINTR);
    }
    if (descriptor_ < 0) throw_io_error(-descriptor_, "write the file", path_);
  }

  ~Temporary() {
    if (descriptor_ >= 0) files_.close(descriptor_);
    if (!renamed_) files_.unlink(temporary_);
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  void write(std::string_view piece) {
    while (!piece.empty()) {
      const ssize_t written = files_.write(descriptor_, piece.data(), piece.size());
      if (written == -EINTR) continue;
      if (written <= 0) {
        throw_io_error(written == 0 ? ENOSPC : static_cast<int>(-written), "write the file", path_);
      }
      piece.remove_prefix(static_cast<size_t>(written));
    }
  }

  void commit() {
    // An error of fsync is final: the pages may be marked clean, so a second try would lie.
    must(files_.fsync(descriptor_), "write the file");
    const int closed = files_.close(std::exchange(descriptor_, -1));
    if (closed != -EINTR) must(closed, "write the file");  // Linux closes it all the same
    must(files_.rename(temporary_, path_), "rename the new file into its place");
    renamed_ = true;
    must(files_.sync_folder(folder_of(path_)), "make the folder durable");
  }

 private:
  void must(int result, std::string_view doing) const {
    if (result < 0) throw_io_error(-result, doing, path_);
  }

  std::string path_;
  std::string temporary_;
  FileSystem& files_;
  int descriptor_ = -EEXIST;
  bool renamed_ = false;
};

}  // namespace

void throw_io_error(int error_number, std::string_view doing, const std::string& path) {
  throw Error(
      ErrorKind::kIo, error_number == ENOENT ? "not_found" : "io_error",
      fmt::format("cannot {}: {} ({})", doing, std::generic_category().message(error_number), path),
      std::string(hint_for(error_number)));
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

void must_be_regular(int mode, std::string_view doing, const std::string& path) {
  if (mode == -ENOENT) return;
  if (mode < 0) throw_io_error(-mode, doing, path);
  if (S_ISDIR(mode)) throw_io_error(EISDIR, doing, path);
  if (S_ISREG(mode)) return;
  throw Error(ErrorKind::kIo, "not_a_file",
              fmt::format("cannot {}: it is a {} ({})", doing,
                          S_ISLNK(mode) ? "symbolic link" : "device or pipe", path),
              S_ISLNK(mode)
                  ? "nothing is written through a link: remove it, or name the file itself"
                  : "name a regular file: it is written beside and renamed");
}

std::string read_open_file(int descriptor, const std::string& path, uint64_t max_bytes) {
  struct stat status = {};
  if (::fstat(descriptor, &status) != 0) throw_io_error(errno, "read the file", path);
  if (S_ISDIR(status.st_mode)) throw_io_error(EISDIR, "read the file", path);
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorKind::kIo, "not_a_file",
                fmt::format("cannot read the file: it is a device or pipe ({})", path),
                "save it as a regular file first");
  }
  const auto size = static_cast<uint64_t>(status.st_size);
  if (size > max_bytes) {
    throw Error(
        ErrorKind::kLimit, "file_too_large",
        fmt::format("the file is too large: {} bytes, {} at most ({})", size, max_bytes, path),
        "check that this is the right file");
  }
  std::string content(size, '\0');
  size_t filled = 0;
  while (filled < content.size()) {
    const ssize_t got = ::read(descriptor, content.data() + filled, content.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_io_error(errno, "read the file", path);
    if (got == 0) break;  // it was cut while we read: what is there is what there is
    filled += static_cast<size_t>(got);
  }
  content.resize(filled);
  return content;
}

std::string read_file(const std::string& path, uint64_t max_bytes) {
  return read_open_file(InputFile(path).descriptor(), path, max_bytes);
}

void replace_file(const std::string& path, const FileContent& content, FileSystem& files) {
  must_be_regular(files.mode(path), "write the file", path);
  Temporary temporary(path, files);
  content([&](std::string_view piece) { temporary.write(piece); });
  temporary.commit();
}

void replace_file(const std::string& path, std::string_view content, FileSystem& files) {
  replace_file(
      path, [&](const auto& write) { write(content); }, files);
}

}  // namespace charrnn
