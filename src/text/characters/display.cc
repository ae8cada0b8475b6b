#include "text/characters/display.h"

#include <fmt/core.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <utility>

#include "text/characters/utf8.h"

namespace charrnn {
namespace {

constexpr std::array<std::string_view, 33> kControlNames = {"null",
                                                            "start of heading",
                                                            "start of text",
                                                            "end of text",
                                                            "end of transmission",
                                                            "enquiry",
                                                            "acknowledge",
                                                            "bell",
                                                            "backspace",
                                                            "tab",
                                                            "line feed",
                                                            "vertical tab",
                                                            "form feed",
                                                            "carriage return",
                                                            "shift out",
                                                            "shift in",
                                                            "data link escape",
                                                            "device control 1",
                                                            "device control 2",
                                                            "device control 3",
                                                            "device control 4",
                                                            "negative acknowledge",
                                                            "synchronous idle",
                                                            "end of block",
                                                            "cancel",
                                                            "end of medium",
                                                            "substitute",
                                                            "escape",
                                                            "file separator",
                                                            "group separator",
                                                            "record separator",
                                                            "unit separator",
                                                            "space"};

constexpr std::array<std::pair<char32_t, std::string_view>, 29> kBlankNames = {{
    {0x7F, "delete"},
    {0x85, "next line"},
    {0xA0, "no-break space"},
    {0xAD, "soft hyphen"},
    {0x1680, "ogham space mark"},
    {0x2000, "en quad"},
    {0x2001, "em quad"},
    {0x2002, "en space"},
    {0x2003, "em space"},
    {0x2004, "three-per-em space"},
    {0x2005, "four-per-em space"},
    {0x2006, "six-per-em space"},
    {0x2007, "figure space"},
    {0x2008, "punctuation space"},
    {0x2009, "thin space"},
    {0x200A, "hair space"},
    {0x200B, "zero width space"},
    {0x200C, "zero width non-joiner"},
    {0x200D, "zero width joiner"},
    {0x200E, "left-to-right mark"},
    {0x200F, "right-to-left mark"},
    {0x2028, "line separator"},
    {0x2029, "paragraph separator"},
    {0x202F, "narrow no-break space"},
    {0x205F, "medium mathematical space"},
    {0x2060, "word joiner"},
    {0x3000, "ideographic space"},
    {0xFE0F, "variation selector 16"},
    {0xFEFF, "byte order mark"},
}};

// Whether the character is safe for a terminal and visible.
bool is_visible(char32_t symbol) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(symbol))) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_ZS:
      return symbol == ' ';
    default:
      return true;
  }
}

std::string escaped_control(char32_t symbol) {
  switch (symbol) {
    case '\n':
      return "\\n";
    case '\t':
      return "\\t";
    case '\r':
      return "\\r";
    default:
      return fmt::format("\\x{:02x}", static_cast<uint32_t>(symbol));
  }
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    utf8proc_int32_t symbol = 0;
    const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                       static_cast<utf8proc_ssize_t>(text.size()), &symbol);
    if (size <= 0) {
      shown += fmt::format("\\x{:02x}", static_cast<uint8_t>(text.front()));
      text.remove_prefix(1);
      continue;
    }
    const auto category = utf8proc_category(symbol);
    if (symbol == '\\') {
      shown += "\\\\";
    } else if (category == UTF8PROC_CATEGORY_CC) {
      shown += escaped_control(static_cast<char32_t>(symbol));
    } else if (category == UTF8PROC_CATEGORY_CF || category == UTF8PROC_CATEGORY_ZL ||
               category == UTF8PROC_CATEGORY_ZP) {
      // Directional marks would reorder the rest of the message.
      shown += fmt::format("\\u{{{:04x}}}", static_cast<uint32_t>(symbol));
    } else {
      shown += text.substr(0, static_cast<size_t>(size));
    }
    text.remove_prefix(static_cast<size_t>(size));
  }
  return shown;
}

std::string in_quotes(std::string_view text) { return fmt::format("'{}'", escaped(text)); }

std::string quoted_symbol(char32_t symbol) {
  if (symbol < 0x20 || symbol == 0x7F) return fmt::format("'{}'", escaped_control(symbol));
  if (symbol == '\'') return "\"'\"";
  if (is_visible(symbol)) return fmt::format("'{}'", utf8_text(symbol));
  return fmt::format("U+{:04X}", static_cast<uint32_t>(symbol));
}

std::string list_symbols(std::span<const char32_t> symbols, size_t shown) {
  std::string list;
  const size_t count = std::min(shown, symbols.size());
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) list += ", ";
    list += quoted_symbol(symbols[i]);
  }
  if (symbols.size() > count) list += fmt::format(" and {} more", symbols.size() - count);
  return list;
}

std::string_view symbol_name(char32_t symbol) {
  if (symbol < kControlNames.size()) return kControlNames[symbol];
  const auto found = std::find_if(kBlankNames.begin(), kBlankNames.end(),
                                  [&](const auto& entry) { return entry.first == symbol; });
  return found == kBlankNames.end() ? std::string_view() : found->second;
}

int display_width(std::string_view text) {
  struct Columns {
    int count = 0;
    void ascii(std::string_view run) { count += static_cast<int>(run.size()); }
    void symbol(char32_t symbol) {
      count += utf8proc_charwidth(static_cast<utf8proc_int32_t>(symbol));
    }
  } columns;
  Utf8Decoder decoder;
  decoder.feed(text, columns);
  decoder.finish(columns);
  return columns.count;
}

std::string_view unit_name(Encoding encoding) {
  return encoding == Encoding::kBytes ? "byte" : "character";
}

}  // namespace charrnn
