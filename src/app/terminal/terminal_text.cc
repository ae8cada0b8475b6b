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

// The number of bytes at the end that begin an incomplete character.
size_t unfinished(std::string_view text) {
  for (size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xc0) == 0x80) continue;
    const size_t length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

}  // namespace

std::string TerminalText::feed(std::string_view bytes) {
  open_ += bytes;
  const size_t ready = open_.size() - unfinished(open_);
  const std::string result = as_shown(std::string_view(open_).substr(0, ready));
  open_.erase(0, ready);
  return result;
}

std::string TerminalText::finish() {
  const std::string result = as_shown(open_);
  open_.clear();
  return result;
}

}  // namespace charrnn
