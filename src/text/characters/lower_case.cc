#include "text/characters/lower_case.h"

#include <utf8proc.h>

#include "text/characters/utf8.h"

namespace charrnn {

char32_t lower_case(char32_t symbol, Encoding encoding) {
  if (encoding == Encoding::kBytes && symbol >= 0x80) return symbol;
  return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(symbol)));
}

std::string lower_case(std::string_view text) {
  struct Lowered {
    std::string text;
    void ascii(std::string_view run) {
      for (const char byte : run) symbol(static_cast<uint8_t>(byte));
    }
    void symbol(char32_t symbol) { append_utf8(lower_case(symbol), text); }
  } lowered;
  Utf8Decoder decoder;
  decoder.feed(text, lowered);
  decoder.finish(lowered);
  return std::move(lowered.text);
}

}  // namespace charrnn
