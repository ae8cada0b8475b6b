#include "text/characters/utf8.h"

#include <fmt/core.h>

#include <bit>
#include <cstring>

#include "base/error.h"

namespace charrnn {

void append_utf8(char32_t symbol, std::string& text) {
  check(symbol <= kMaxCodePoint && (symbol < 0xD800 || symbol > 0xDFFF),
        "a character is a Unicode scalar value");
  const auto put = [&](char32_t byte) { text += static_cast<char>(byte); };
  if (symbol < 0x80) {
    put(symbol);
  } else if (symbol < 0x800) {
    put(0xC0 | symbol >> 6);
    put(0x80 | (symbol & 0x3F));
  } else if (symbol < 0x10000) {
    put(0xE0 | symbol >> 12);
    put(0x80 | (symbol >> 6 & 0x3F));
    put(0x80 | (symbol & 0x3F));
  } else {
    put(0xF0 | symbol >> 18);
    put(0x80 | (symbol >> 12 & 0x3F));
    put(0x80 | (symbol >> 6 & 0x3F));
    put(0x80 | (symbol & 0x3F));
  }
}

std::string utf8_text(char32_t symbol) {
  std::string text;
  append_utf8(symbol, text);
  return text;
}

// A byte is ASCII where its top bit is 0. 64 bytes a look, then 8.
size_t ascii_prefix(std::string_view text) {
  constexpr uint64_t kTopBits = 0x8080808080808080u;
  const auto word_at = [&](size_t i) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    return word;
  };
  size_t i = 0;
  for (; i + 64 <= text.size(); i += 64) {
    uint64_t any = 0;
    for (size_t j = 0; j < 64; j += 8) any |= word_at(i + j);
    if ((any & kTopBits) != 0) break;
  }
  static_assert(std::endian::native == std::endian::little, "the first byte is a word's lowest");
  for (; i + 8 <= text.size(); i += 8) {
    const uint64_t others = word_at(i) & kTopBits;
    if (others != 0) return i + static_cast<size_t>(std::countr_zero(others)) / 8;
  }
  while (i < text.size() && static_cast<uint8_t>(text[i]) < 0x80) ++i;
  return i;
}

std::string Utf8Fault::hex() const {
  std::string text;
  for (const char byte : bytes) {
    text += fmt::format("{}{:02x}", text.empty() ? "" : " ", static_cast<uint8_t>(byte));
  }
  return text;
}

void Utf8Decoder::note_fault(std::string_view chunk, size_t index) {
  if (++faults_ > 1) return;
  // The fault's bytes may have begun in an earlier chunk; none of them is a line feed.
  const auto size = static_cast<size_t>(open_size_);
  first_fault_.offset = bytes_ + index - size;
  first_fault_.line =
      1 + lines_ + static_cast<uint64_t>(std::count(chunk.begin(), chunk.begin() + index, '\n'));
  first_fault_.bytes.assign(open_.data(), size);
  first_fault_.bytes += chunk.substr(index, 8 - size);
}

std::optional<Utf8Fault> find_utf8_fault(std::string_view text) {
  struct Nothing {
    void ascii(std::string_view) {}
    void symbol(char32_t) {}
  } nothing;
  Utf8Decoder decoder;
  decoder.feed(text, nothing);
  decoder.finish(nothing);
  if (decoder.faults() == 0) return std::nullopt;
  return decoder.first_fault();
}

size_t open_sequence(std::string_view text) {
  for (size_t back = 1; back <= std::min<size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<uint8_t>(text[text.size() - back]);
    if ((byte & 0xC0) == 0x80) continue;
    const size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

}  // namespace charrnn
