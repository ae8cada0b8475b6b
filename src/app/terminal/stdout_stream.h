// Text on standard output as it is made: few writes when it comes fast, none late when it comes
// slowly. Interrupted writes go on where they were, so that a signal loses nothing.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace charrnn {

class StdoutStream {
 public:
  // Throws Error (kIo) where the system refuses, except where the reader has gone.
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
