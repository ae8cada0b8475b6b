#include "app/terminal/progress_line.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/short_number.h"

namespace charrnn {
namespace {

using namespace std::chrono_literals;
constexpr auto kRedrawTime = 100ms;
constexpr auto kPlainTime = 10s;
constexpr int kMaxProgressBar = 30;
constexpr int kMinBar = 6;
constexpr int kLeastForBar = 59;  // columns; one more stays free

// A bar of `width` columns: ━━━╸────
std::string bar_text(double part, int width, const Terminal* colors) {
  const int halves = static_cast<int>(std::clamp(part, 0.0, 1.0) * width * 2);
  std::string full, rest;
  for (int i = 0; i < halves / 2; ++i) full += "━";
  if (halves % 2 == 1) full += "╸";
  for (int i = (halves + 1) / 2; i < width; ++i) rest += "─";
  return colors == nullptr ? full + rest : colors->accent(full) + colors->dim(rest);
}

std::string times_text(const ProgressState& state, double left) {
  std::string text = clock_text(state.elapsed);
  if (state.total > 0) text += fmt::format("<{}", clock_text(left));
  if (state.units_per_second > 0) {
    text += fmt::format(", {} {}", short_number(state.units_per_second), state.unit);
  }
  return fmt::format("[{}]", text);
}

// Details without their last name and value.
std::string shorter(const std::string& details) {
  const size_t value = details.rfind(' ');
  if (value == std::string::npos || value == 0) return {};
  const size_t name = details.rfind(' ', value - 1);
  return name == std::string::npos ? std::string() : details.substr(0, name);
}

// The first name and value of the details.
std::string first_pair(const std::string& details) {
  const size_t value = details.find(' ');
  return value == std::string::npos ? details : details.substr(0, details.find(' ', value + 1));
}

int columns(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

}  // namespace

std::string clock_text(double seconds) {
  if (!(seconds >= 0) || seconds > 1e9) return "--";
  const int64_t whole = std::llround(seconds);
  if (whole >= 86400) return fmt::format("{}d {:02}h", whole / 86400, whole / 3600 % 24);
  if (whole >= 3600) {
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  }
  return fmt::format("{:02}:{:02}", whole / 60, whole % 60);
}

std::string progress_text(std::string_view verb, const ProgressState& state, double left, int width,
                          bool bar, const Terminal* colors) {
  const bool known = state.total > 0;
  const double part = known ? std::clamp(state.done / state.total, 0.0, 1.0) : 0;
  const std::string head =
      known ? fmt::format("{} {:3.0f}%", verb, std::floor(part * 100)) : std::string(verb);
  const std::string count =
      known ? fmt::format("{}/{}", short_number(state.done), short_number(state.total))
            : short_number(state.done);
  bool has_bar = bar && known && width >= kLeastForBar;
  const auto fits = [&](const std::string& middle, const std::string& details) {
    const int columns_used = columns(head) + (middle.empty() ? 0 : 1 + columns(middle)) +
                             (details.empty() ? 0 : 1 + columns(details));
    return columns_used + (has_bar ? kMinBar + 1 : 0) <= width;
  };
  const std::string least = first_pair(state.details);
  std::string middle = fmt::format("{} {}", count, times_text(state, left));
  has_bar = has_bar && fits(middle, least);
  for (const std::string& narrower : {count, std::string()}) {
    if (!fits(middle, least)) middle = narrower;
  }
  std::string details = state.details;
  while (!fits(middle, details) && details != least) details = shorter(details);
  if (!fits(middle, details)) details.clear();
  std::string text = colors == nullptr ? head : colors->bold(head);
  const int used =
      columns(head) + 1 + columns(middle) + (details.empty() ? 0 : 1 + columns(details));
  const int room = std::min(kMaxProgressBar, width - used - 1);
  if (has_bar && room >= kMinBar) text += fmt::format(" {}", bar_text(part, room, colors));
  if (!middle.empty()) text += fmt::format(" {}", middle);
  if (!details.empty()) text += fmt::format(" {}", details);
  return text;
}

ProgressLine::ProgressLine(const Terminal& terminal, std::string_view verb, bool quiet)
    : terminal_(terminal), verb_(verb), quiet_(quiet), live_(!quiet && terminal.can_redraw()) {}

ProgressLine::~ProgressLine() { clear(); }

bool ProgressLine::due() const {
  if (quiet_) return false;
  const auto since = Clock::now() - last_;
  return live_ ? !shown_any_ || since >= kRedrawTime : since >= kPlainTime;
}

void ProgressLine::update(const ProgressState& state) {
  if (first_done_ < 0) first_done_ = state.done;
  if (due()) show(state);
}

// From the pace since the line began, so that pauses for validation and saving count too.
double ProgressLine::seconds_left(const ProgressState& state) {
  const double taken = std::chrono::duration<double>(Clock::now() - start_).count();
  const double done = state.done - first_done_;
  const bool early = taken < 3 && done < 0.02 * state.total;
  if (early || done <= 0) return -1;
  return taken * std::max(0.0, state.total - state.done) / done;
}

void ProgressLine::show(const ProgressState& state) {
  if (quiet_) return;
  if (first_done_ < 0) first_done_ = state.done;
  last_ = Clock::now();
  shown_any_ = true;
  const double left = seconds_left(state);
  if (live_) {
    // One column stays free: a full line would wrap.
    const Terminal* colors = terminal_.has_color() ? &terminal_ : nullptr;
    terminal_.write(fmt::format(
        "\r{}\x1b[K", progress_text(verb_, state, left, terminal_.width() - 1, true, colors)));
    drawn_ = true;
  } else {
    terminal_.line(progress_text(verb_, state, left, 1000, false, nullptr));
  }
  terminal_.flush();
}

void ProgressLine::say(std::string_view line) {
  if (quiet_) return;
  clear();
  terminal_.line(line);
  terminal_.flush();
}

void ProgressLine::clear() {
  if (!drawn_) return;
  terminal_.write("\r\x1b[K");
  terminal_.flush();
  drawn_ = false;
}

}  // namespace charrnn
