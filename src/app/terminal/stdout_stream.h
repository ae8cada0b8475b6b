// Buffered text on stdout, the one way there for results: few writes for fast output, no delay for
// slow output. Interrupted writes are resumed, so a signal loses nothing, and what cannot be
// written is an error, so nothing is lost unsaid.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace charrnn {

class StdoutStream {
 public:
  // Throws Error (kIo) if a write fails, except when the reader is gone. What is written after
  // either is dropped.
  void write(std::string_view text);
  void flush();

  bool reader_gone() const { return reader_gone_; }

 private:
  using Clock = std::chrono::steady_clock;

  std::string waiting_;
  Clock::time_point last_flush_{};
  bool reader_gone_ = false;
  bool has_failed_ = false;
};

// The program's. run_program() flushes it at the end.
StdoutStream& standard_output();

}  // namespace charrnn
