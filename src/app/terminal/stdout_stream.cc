#include "app/terminal/stdout_stream.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace charrnn {
namespace {

constexpr size_t kMaxWaiting = 1 << 16;             // bytes
constexpr std::chrono::milliseconds kMaxDelay{10};  // too short to be seen

}  // namespace

void StdoutStream::write(std::string_view text) {
  waiting_ += text;
  if (waiting_.size() >= kMaxWaiting || Clock::now() - last_flush_ >= kMaxDelay) flush();
}

void StdoutStream::flush() {
  const std::string text = std::exchange(waiting_, {});
  std::string_view left = text;
  while (!left.empty() && !reader_gone_ && !has_failed_) {
    const ssize_t count = ::write(STDOUT_FILENO, left.data(), left.size());
    if (count >= 0) {
      left.remove_prefix(static_cast<size_t>(count));
    } else if (errno == EPIPE) {
      reader_gone_ = true;
    } else if (errno != EINTR) {
      has_failed_ = true;
      throw Error(
          ErrorKind::kIo, "cannot_write",
          fmt::format("cannot write the result: {} (standard output)", std::strerror(errno)),
          "make room, or send the output elsewhere");
    }
  }
  last_flush_ = Clock::now();
}

StdoutStream& standard_output() {
  static StdoutStream stream;
  return stream;
}

}  // namespace charrnn
