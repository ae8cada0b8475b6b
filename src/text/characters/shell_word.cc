#include "text/characters/shell_word.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

#include "text/characters/display.h"
#include "text/characters/utf8.h"

namespace charrnn {
namespace {

bool is_plain(char byte) {
  constexpr std::string_view kPlain = "%+,-./:=@_";
  const bool is_letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
  return is_letter || (byte >= '0' && byte <= '9') || kPlain.find(byte) != kPlain.npos;
}

// In $'…', where bytes that cannot be shown are written as \xNN.
std::string ansi_c_quoted(std::string_view text) {
  std::string word = "$'";
  for (const char byte : text) {
    const auto value = static_cast<uint8_t>(byte);
    if (byte == '\'' || byte == '\\') {
      word += fmt::format("\\{}", byte);
    } else if (byte == '\n') {
      word += "\\n";
    } else if (value < 0x20 || value >= 0x7F) {
      word += fmt::format("\\{:03o}", value);  // \x would take the digits that follow
    } else {
      word += byte;
    }
  }
  return word + "'";
}

}  // namespace

std::string shell_word(std::string_view text) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
  std::string visible(text);  // as escaped() leaves it where nothing needs an escape
  visible.erase(std::remove(visible.begin(), visible.end(), '\\'), visible.end());
  if (escaped(visible) != visible) return ansi_c_quoted(text);
  std::string word = "'";
  for (const char byte : text) word += byte == '\'' ? std::string("'\\''") : std::string(1, byte);
  return word + "'";
}

std::string shell_argument(std::string_view file) {
  return shell_word(file.starts_with('-') ? "./" + std::string(file) : std::string(file));
}

std::string converted_name(std::string_view file, std::string_view what) {
  const std::filesystem::path path(file);
  std::filesystem::path name = path.stem();
  name += fmt::format(".{}", what);
  name += path.extension();
  return name.string();
}

}  // namespace charrnn
