#include "base/files/lines.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace charrnn {
namespace {

constexpr size_t kChunk = 256 << 10;

class ReadFile {
 public:
  explicit ReadFile(const RootedPath& path) : descriptor_(open_to_read(path)) {}
  ~ReadFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  ReadFile(const ReadFile&) = delete;
  ReadFile& operator=(const ReadFile&) = delete;

  bool is_regular() const {
    struct stat info = {};
    return descriptor_ >= 0 && ::fstat(descriptor_, &info) == 0 && S_ISREG(info.st_mode);
  }

  // Bytes from `offset` on; empty at the end and where they can't be read.
  std::string_view read(int64_t offset, std::string& chunk) const {
    ssize_t count = 0;
    do {
      count = ::pread(descriptor_, chunk.data(), chunk.size(), offset);
    } while (count < 0 && errno == EINTR);
    return {chunk.data(), static_cast<size_t>(count > 0 ? count : 0)};
  }

 private:
  const int descriptor_;
};

// Puts lines together from chunks.
class LineJoiner {
 public:
  using Action = std::function<void(std::string_view line, int64_t offset)>;
  LineJoiner(int64_t from, size_t longest, const Action& action)
      : begin_(from), longest_(longest), action_(action) {}

  int64_t begin() const { return begin_; }  // of the line that is not finished

  void add(std::string_view bytes) {
    size_t end = 0;
    while ((end = bytes.find('\n')) != std::string_view::npos) {
      keep(bytes.substr(0, end));
      finish(1);
      bytes.remove_prefix(end + 1);
    }
    keep(bytes);
  }

  // end: bytes of the line's end.
  void finish(int64_t end) {
    if (length_ == 0 && end == 0) return;
    action_(length_ > longest_ ? std::string_view() : std::string_view(rest_), begin_);
    begin_ += static_cast<int64_t>(length_) + end;
    rest_.clear();
    length_ = 0;
  }

 private:
  void keep(std::string_view bytes) {
    length_ += bytes.size();
    if (length_ <= longest_) rest_ += bytes;
  }

  int64_t begin_;
  const size_t longest_;
  const Action& action_;
  std::string rest_;   // what is known of the line, if it is not too long
  size_t length_ = 0;  // its bytes so far
};

}  // namespace

int64_t for_each_line(const RootedPath& path, const LineLimits& limits,
                      const std::function<void(std::string_view line, int64_t offset)>& action) {
  const ReadFile file(path);
  if (!file.is_regular()) return limits.from;
  std::string chunk(kChunk, '\0');
  LineJoiner lines(limits.from, limits.longest, action);
  int64_t offset = limits.from;
  while (true) {
    if (limits.between) limits.between();
    const std::string_view bytes = file.read(offset, chunk);
    if (bytes.empty()) break;
    offset += static_cast<int64_t>(bytes.size());
    lines.add(bytes);
  }
  if (limits.unfinished) lines.finish(0);
  return lines.begin();
}

}  // namespace charrnn
