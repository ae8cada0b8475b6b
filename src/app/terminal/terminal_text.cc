#include "app/terminal/terminal_text.h"

#include <fmt/core.h>

#include "app/terminal/terminal.h"
#include "text/characters/utf8.h"

namespace charrnn {
namespace {

std::string as_shown(std::string_view text) {
  std::string result;
  while (const auto fault = find_utf8_fault(text)) {
    result += printable(text.substr(0, fault->offset));
    result += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[fault->offset]));
    text.remove_prefix(fault->offset + 1);
  }
  return result + printable(text);
}

}  // namespace

std::string TerminalText::feed(std::string_view bytes) {
  open_ += bytes;
  const size_t ready = open_.size() - open_sequence(open_);
  std::string result = as_shown(std::string_view(open_).substr(0, ready));
  open_.erase(0, ready);
  return result;
}

std::string TerminalText::finish() {
  std::string result = as_shown(open_);
  open_.clear();
  return result;
}

}  // namespace charrnn
