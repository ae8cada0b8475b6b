// Buffered text on stdout: few writes for fast output, no delay for slow output. Interrupted writes
// are resumed, so a signal loses nothing.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace charrnn {

class StdoutStream {
 public:
  // Throws Error (kIo) if a write fails, except when the reader is gone.
  void write(std::string_view text);
  void flush();

  bool reader_gone() const { return reader_gone_; }

 private:
  using Clock = std::chrono::steady_clock;

  std::string waiting_;
  Clock::time_point last_flush_{};
  bool reader_gone_ = false;
};

}  // namespace charrnn
