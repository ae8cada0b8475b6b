#include "app/terminal/word_wrap.h"

#include <algorithm>

#include "text/characters/display.h"

namespace charrnn {
namespace {

// Without escape sequences such as \x1b[1m.
int shown_width(std::string_view word) {
  std::string shown;
  for (size_t i = 0; i < word.size(); ++i) {
    if (word[i] == '\x1b') {
      i = std::min(word.find('m', i), word.size());
    } else {
      shown += word[i];
    }
  }
  return display_width(shown);
}

}  // namespace

std::string wrap_words(std::string_view text, int width, int column) {
  return wrap_words(text, width, column, column);
}

std::string wrap_words(std::string_view text, int width, int first_column, int column) {
  const std::string next_line = "\n" + std::string(static_cast<size_t>(column), ' ');
  std::string result;
  int used = first_column;
  bool is_first = true;  // of its line
  while (!text.empty()) {
    size_t end = std::min(text.find_first_of(" \n"), text.size());
    if (text.substr(end).starts_with(" %")) {  // a per cent sign stays with its number
      end = std::min(text.find_first_of(" \n", end + 1), text.size());
    }
    const std::string_view word = text.substr(0, end);
    const int length = shown_width(word);
    if (!is_first && used + 1 + length > width) {
      result += next_line;
      used = column;
      is_first = true;
    }
    if (!is_first) {
      result += ' ';
      ++used;
    }
    result += word;
    used += length;
    is_first = false;
    if (end < text.size() && text[end] == '\n') {
      result += next_line;
      used = column;
      is_first = true;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

std::string fitted(const Terminal& terminal, std::string_view text, int column) {
  return terminal.is_terminal() ? wrap_words(text, terminal.width(), column) : std::string(text);
}

std::string fitted_page(const Terminal& terminal, std::string_view page, int column,
                        std::initializer_list<std::string_view> commands) {
  if (!terminal.is_terminal()) return std::string(page);
  std::string result;
  while (!page.empty()) {
    const size_t end = std::min(page.find('\n'), page.size());
    const std::string_view line = page.substr(0, end);
    const bool is_command = std::ranges::any_of(
        commands, [line](std::string_view command) { return line.find(command) != line.npos; });
    result += is_command ? std::string(line) : wrap_words(line, terminal.width(), 0, column);
    if (end < page.size()) result += '\n';
    page.remove_prefix(std::min(end + 1, page.size()));
  }
  return result;
}

}  // namespace charrnn
