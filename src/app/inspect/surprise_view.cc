#include "app/inspect/surprise_view.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "text/characters/display.h"
#include "text/characters/utf8.h"

namespace charrnn {
namespace {

struct Level {
  double below;  // bits
  const char* colors;
  const char* name;
};

// From pale yellow to dark red, with a letter colour that reads well on each, whatever the
// terminal's own background.
constexpr std::array<Level, 6> kLevels = {{
    {1, "", "under 1"},
    {2, "48;5;230;38;5;16", "1 to 2"},
    {4, "48;5;222;38;5;16", "2 to 4"},
    {6, "48;5;208;38;5;16", "4 to 6"},
    {8, "48;5;160;38;5;231", "6 to 8"},
    {INFINITY, "48;5;88;38;5;231", "8 and more"},
}};

const Level& level_of(double bits) {
  size_t i = 0;
  while (i + 1 < kLevels.size() && bits >= kLevels[i].below) ++i;
  return kLevels[i];
}

char digit_of(double bits) {
  if (std::isnan(bits) || bits < 1) return ' ';
  return static_cast<char>('0' + static_cast<int>(std::min(bits, 9.0)));
}

}  // namespace

SurpriseView::SurpriseView(const Terminal& terminal, int width)
    : terminal_(terminal), width_(width) {}

std::string SurpriseView::legend(const Terminal& terminal) {
  if (!terminal.has_color()) {
    return "below each character: its surprisal in bits, 9 for 9 and more, nothing for less than "
           "1\n";
  }
  std::string line = "surprisal in bits: ";
  for (const Level& level : kLevels) {
    const std::string label = fmt::format(" {} ", level.name);
    line += level.colors[0] == '\0' ? label : terminal.styled(level.colors, label);
  }
  return line + "\n";
}

std::string SurpriseView::add(std::string_view character, double bits) {
  const bool newline = character == "\n";
  std::string shown(character);
  if (newline) {
    shown = bits >= 1 ? "↵" : "";  // a place to show its surprise
  } else if (character == "\t") {
    shown = "→";
  } else if (find_utf8_fault(character)) {
    shown = fmt::format("\\x{:02x}", static_cast<unsigned char>(character[0]));
  } else {
    shown = printable(character);
  }
  const int columns = shown.empty() ? 0 : display_width(shown);
  std::string full;
  if (column_ > 0 && column_ + columns > width_) full = end_line();
  put(shown, columns, bits);
  return newline ? full + end_line() : full;
}

void SurpriseView::put(std::string_view shown, int columns, double bits) {
  const Level& level = level_of(std::isnan(bits) ? 0 : bits);
  line_ += level.colors[0] == '\0' ? std::string(shown) : terminal_.styled(level.colors, shown);
  column_ += columns;
  if (columns > 0) digits_ += digit_of(bits) + std::string(columns - 1, ' ');
}

std::string SurpriseView::end_line() {
  std::string lines = line_ + "\n";
  digits_.erase(digits_.find_last_not_of(' ') + 1);
  if (!terminal_.has_color() && !line_.empty()) lines += digits_ + "\n";
  line_.clear();
  digits_.clear();
  column_ = 0;
  return lines;
}

std::string SurpriseView::finish() { return line_.empty() ? "" : end_line(); }

}  // namespace charrnn
