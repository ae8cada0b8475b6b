// A progress line on a terminal's stderr, redrawn at most ten times per second; nothing elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "app/command/command.h"

namespace charrnn {

class StatusLine {
 public:
  StatusLine(const Context& context, std::string job);
  ~StatusLine();  // erases it
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  void show(int64_t done, int64_t all);

 private:
  using Clock = std::chrono::steady_clock;

  const Context& context_;
  std::string job_;
  bool visible_;
  bool drawn_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_ = Clock::now();  // a short job shows none
};

}  // namespace charrnn
