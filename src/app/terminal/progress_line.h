// Progress of a long task: on a terminal one line, redrawn at most ten times per second; elsewhere
// a plain line every ten seconds. Nothing with --quiet.
//
//   train  37% ━━━━━━╸──────── 7.8k/21k [02:11<03:44, 412k chars/s] loss 1.532 val 1.487
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "app/terminal/terminal.h"

namespace charrnn {

// What is shown. Where it is narrow, the details go from their end, but the first of them (the
// loss) stays; then the bar, which needs 60 columns, then times, then the count.
struct ProgressState {
  double done = 0;
  double total = 0;             // 0: unknown, then there is no bar and no time left
  double elapsed = 0;           // seconds, as people count them
  double units_per_second = 0;  // shown where it is above 0
  std::string_view unit = "chars/s";
  std::string details;  // "loss 1.532 val 1.487"; words are dropped in pairs
};

class ProgressLine {
 public:
  ProgressLine(const Terminal& terminal, std::string_view verb, bool quiet);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // Whether update() would show anything now; saves building a costly state.
  bool due() const;
  void update(const ProgressState& state);
  // Shows the state immediately, for each validation.
  void show(const ProgressState& state);
  // Any other line for the same stream, above the live one.
  void say(std::string_view line);
  void clear();  // erases the live line

  bool live() const { return live_; }

 private:
  using Clock = std::chrono::steady_clock;
  double seconds_left(const ProgressState& state);

  const Terminal& terminal_;
  std::string verb_;
  bool quiet_;
  bool live_;
  bool drawn_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_ = start_;
  bool shown_any_ = false;
  double first_done_ = -1;
};

// "02:11", "1:02:11", "3d 04h"; "--" for what is not known (negative, NaN).
std::string clock_text(double seconds);

// The line's text without the live drawing, at most `width` columns; left: seconds, negative:
// unknown. With a bar or without one (plain).
std::string progress_text(std::string_view verb, const ProgressState& state, double left, int width,
                          bool bar, const Terminal* colors);

}  // namespace charrnn
