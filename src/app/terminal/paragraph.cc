#include "app/terminal/paragraph.h"

#include <algorithm>

#include "text/characters/display.h"

namespace charrnn {

std::string paragraph(std::string_view text, int columns, int indent) {
  std::string lines;
  int used = 0;  // columns of the current line
  while (!text.empty()) {
    size_t end = text.find(' ');
    if (end != text.npos && text.substr(end + 1).starts_with('%')) end = text.find(' ', end + 1);
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (word.empty()) continue;
    const int width = display_width(word);
    if (used > 0 && used + 1 + width <= columns) {
      lines += ' ';
      used += 1 + width;
    } else {
      if (used > 0) lines += '\n';
      lines.append(static_cast<size_t>(indent), ' ');
      used = indent + width;
    }
    lines += word;
  }
  return used > 0 ? lines + '\n' : lines;
}

}  // namespace charrnn
