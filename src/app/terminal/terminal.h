// Output to a person: colour only on a terminal that supports it, lines that fit its width.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace charrnn {

enum class ColorChoice { kAuto, kAlways, kNever };

// One output stream of the program: stdout (results) or stderr (messages).
class Terminal {
 public:
  Terminal(std::FILE* stream, ColorChoice choice);

  bool is_terminal() const { return is_terminal_; }
  bool has_color() const { return has_color_; }
  bool can_redraw() const;  // lines can be overwritten: a terminal that is not "dumb"
  int width() const;        // columns: COLUMNS, the window, or 80

  // Results go through standard_output(), which throws Error (kIo) where they cannot be written.
  // Messages that cannot be written are dropped.
  void write(std::string_view text) const;
  void line(std::string_view text) const;
  void flush() const;

  // Text in a style; unchanged without colour.
  std::string bold(std::string_view text) const { return styled("1", text); }
  std::string dim(std::string_view text) const { return styled("2", text); }
  std::string accent(std::string_view text) const { return styled("36", text); }
  std::string good(std::string_view text) const { return styled("32", text); }
  std::string warning(std::string_view text) const { return styled("33", text); }
  std::string bad(std::string_view text) const { return styled("31;1", text); }
  // Any SGR parameters, such as "48;5;208".
  std::string styled(std::string_view parameters, std::string_view text) const;

 private:
  std::FILE* stream_;
  bool is_terminal_;
  bool has_color_;
};

// The text with control characters (escape sequences, carriage returns, …) written as \x1b;
// newlines and tabs stay.
std::string printable(std::string_view text);

}  // namespace charrnn
