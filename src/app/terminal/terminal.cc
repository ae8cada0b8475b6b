#include "app/terminal/terminal.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "app/terminal/stdout_stream.h"

namespace charrnn {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

// NO_COLOR counts when it is present and not empty (no-color.org).
bool wants_color(bool is_terminal, ColorChoice choice) {
  if (choice != ColorChoice::kAuto) return choice == ColorChoice::kAlways;
  return is_terminal && environment("NO_COLOR").empty() && environment("TERM") != "dumb" &&
         !environment("TERM").empty();
}

}  // namespace

Terminal::Terminal(std::FILE* stream, ColorChoice choice)
    : stream_(stream),
      is_terminal_(isatty(fileno(stream)) == 1),
      has_color_(wants_color(is_terminal_, choice)) {}

bool Terminal::can_redraw() const {
  return is_terminal_ && environment("TERM") != "dumb" && !environment("TERM").empty();
}

int Terminal::width() const {
  int columns = 0;
  const std::string_view given = environment("COLUMNS");
  std::from_chars(given.data(), given.data() + given.size(), columns);
  winsize window = {};
  if (columns <= 0 && ioctl(fileno(stream_), TIOCGWINSZ, &window) == 0) columns = window.ws_col;
  return columns <= 0 ? 80 : std::clamp(columns, 20, 1000);
}

void Terminal::write(std::string_view text) const {
  if (stream_ != stdout) {
    std::fwrite(text.data(), 1, text.size(), stream_);
    return;
  }
  standard_output().write(text);
  if (is_terminal_) standard_output().flush();
}

void Terminal::line(std::string_view text) const {
  write(text);
  write("\n");
}

void Terminal::flush() const {
  stream_ == stdout ? standard_output().flush() : static_cast<void>(std::fflush(stream_));
}

std::string Terminal::styled(std::string_view parameters, std::string_view text) const {
  if (!has_color_) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", parameters, text);
}

std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F are control characters too; in UTF-8 they are C2 80 to C2 9F.
    const bool c1 = byte == 0xc2 && i + 1 < text.size() &&
                    static_cast<unsigned char>(text[i + 1]) < 0xa0 &&
                    static_cast<unsigned char>(text[i + 1]) >= 0x80;
    if (c1) {
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[++i]));
    } else if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      result += text[i];
    }
  }
  return result;
}

}  // namespace charrnn
