#include "text/corpus/source.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/error.h"
#include "text/characters/display.h"
#include "text/corpus/corpus.h"

namespace charrnn {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void throw_io(std::string_view what, const std::string& name, int error) {
  std::string hint;
  switch (error) {
    case ENOENT:
      hint = "check the name; a text is a file, a folder or - for standard input";
      break;
    case EACCES:
    case EPERM:
      hint = "check its permissions (ls -l)";
      break;
    case ELOOP:
      hint = "it is a symbolic link that leads back to itself; name the file it should lead to";
      break;
    default:
      hint = "see what the system's log says of the device, or copy the text elsewhere";
  }
  throw Error(ErrorKind::kIo, "cannot_read",
              fmt::format("{}: {} ({})", what, std::strerror(error), name), hint);
}

std::string shown_name(const std::string& name) {
  return name == "-" ? "standard input" : in_quotes(name);
}

class FileSource : public ByteSource {
 public:
  FileSource(const std::string& name, const std::function<bool()>& should_stop)
      : name_(shown_name(name)), should_stop_(should_stop) {
    do {
      descriptor_ = name == "-" ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                : open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
    } while (descriptor_ < 0 && goes_on_after(errno));
    if (descriptor_ < 0) throw_io("cannot open a text", name_, errno);
    struct stat status = {};
    if (fstat(descriptor_, &status) != 0) {
      const int error = errno;
      close(descriptor_);
      throw_io("cannot look at a text", name_, error);
    }
    if (S_ISREG(status.st_mode)) {
      // Under a name that means another file in the next process it is not found again.
      can_be_read_again_ = name != "-" && !name.starts_with("/dev/") && !name.starts_with("/proc/");
      size_ = status.st_size;
      posix_fadvise(descriptor_, 0, 0, POSIX_FADV_SEQUENTIAL);
    }
  }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  ~FileSource() override { close(descriptor_); }

  int64_t size_hint() const override { return size_; }
  bool can_be_read_again() const override { return can_be_read_again_; }

  size_t read(std::span<char> buffer) override {
    while (true) {
      const ssize_t count = ::read(descriptor_, buffer.data(), buffer.size());
      if (count >= 0) {
        offset_ += count;
        return static_cast<size_t>(count);
      }
      if (goes_on_after(errno)) continue;
      throw_io("cannot read a text", fmt::format("{} at byte {}", name_, offset_), errno);
    }
  }

 private:
  // Whether a failed call was only interrupted by a signal and should be repeated.
  bool goes_on_after(int error) const {
    if (error != EINTR) return false;
    if (should_stop_ && should_stop_()) throw ReadingStopped();
    return true;
  }

  std::string name_;  // as messages show it
  std::function<bool()> should_stop_;
  int descriptor_ = -1;
  bool can_be_read_again_ = false;
  int64_t size_ = 0;
  int64_t offset_ = 0;
};

bool is_hidden(const fs::path& path) { return path.filename().native().starts_with('.'); }

void list_folder(const std::string& folder, SourceList& list) {
  const size_t first = list.files.size();
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error);
  for (; !error && entry != fs::end(entry); entry.increment(error)) {
    const fs::path& path = entry->path();
    if (is_hidden(path)) {
      ++list.hidden_skipped;
      entry.disable_recursion_pending();
    } else if (std::error_code ignored; entry->is_regular_file(ignored)) {
      list.files.push_back(path.native());
    }
  }
  if (error) throw_io("cannot list a folder", in_quotes(folder), error.value());
  if (list.files.size() == first) {
    throw Error(ErrorKind::kData, "folder_empty",
                fmt::format("no text found: the folder holds no files ({})", in_quotes(folder)),
                "name a folder with texts in it");
  }
  std::sort(list.files.begin() + static_cast<ptrdiff_t>(first), list.files.end());
}

bool is_folder(const std::string& name) {
  struct stat status = {};
  return stat(name.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

std::unique_ptr<ByteSource> open_source(const std::string& name,
                                        const std::function<bool()>& should_stop) {
  return std::make_unique<FileSource>(name, should_stop);
}

SourceList list_sources(const std::vector<std::string>& names, bool recursive) {
  if (std::count(names.begin(), names.end(), "-") > 1) {
    throw Error(ErrorKind::kUsage, "stdin_twice", "standard input is given twice: it is read once",
                "give - only once");
  }
  SourceList list;
  for (const std::string& name : names) {
    if (name == "-" || !is_folder(name)) {
      list.files.push_back(name);
    } else if (recursive) {
      list_folder(name, list);
    } else {
      const std::string input = (fs::path(name) / "input.txt").native();
      struct stat status = {};
      if (stat(input.c_str(), &status) != 0 && errno == ENOENT) {
        throw Error(ErrorKind::kData, "is_a_directory",
                    fmt::format("cannot read a text: it is a directory without an input.txt ({})",
                                in_quotes(name)),
                    fmt::format("use a file in it, as in {}, or --recursive for all of them",
                                in_quotes((fs::path(name) / "FILE").native())));
      }
      list.files.push_back(input);
    }
  }
  return list;
}

std::string source_title(const std::string& name) {
  if (name == "-") return "stdin";
  if (name.starts_with("/dev/fd/") || name.starts_with("/proc/self/fd/")) return "pipe";
  fs::path path = fs::path(name).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  std::string title = path.filename() == "input.txt" && path.has_parent_path()
                          ? path.parent_path().filename().native()
                          : path.stem().native();
  return title.empty() || title == "." || title == ".." ? "text" : title;
}

}  // namespace charrnn
