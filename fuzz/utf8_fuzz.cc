// The UTF-8 decoder against utf8proc, and against itself in chunks.
//   build-fuzz/utf8_fuzz -max_len=256 -max_total_time=60
#include <utf8proc.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "text/characters/utf8.h"

namespace charrnn {
namespace {

struct Collected {
  std::u32string symbols;
  void ascii(std::string_view run) {
    for (const char byte : run) symbols += static_cast<unsigned char>(byte);
  }
  void symbol(char32_t symbol) { symbols += symbol; }
};

struct Decoded {
  std::u32string symbols;
  uint64_t faults = 0;
  Utf8Fault first;
  bool operator==(const Decoded& other) const {
    return symbols == other.symbols && faults == other.faults &&
           first.offset == other.first.offset && first.line == other.first.line &&
           first.bytes == other.first.bytes;
  }
};

Decoded decode(std::string_view text, size_t chunk) {
  Collected collected;
  Utf8Decoder decoder;
  for (size_t i = 0; i < text.size(); i += chunk) decoder.feed(text.substr(i, chunk), collected);
  decoder.finish(collected);
  return {collected.symbols, decoder.faults(), decoder.first_fault()};
}

// Up to the first fault; utf8proc says nothing of what comes after it.
void compare_with_utf8proc(std::string_view text, const Decoded& decoded) {
  size_t offset = 0, count = 0;
  while (offset < text.size()) {
    utf8proc_int32_t symbol = 0;
    const auto size =
        utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + offset,
                         static_cast<utf8proc_ssize_t>(text.size() - offset), &symbol);
    if (size <= 0) break;
    check(decoded.symbols[count++] == static_cast<char32_t>(symbol), "characters agree");
    offset += static_cast<size_t>(size);
  }
  check((offset < text.size()) == (decoded.faults > 0), "both find a fault, or none");
  if (decoded.faults > 0) check(decoded.first.offset == offset, "both find it in the same place");
}

}  // namespace
}  // namespace charrnn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace charrnn;
  if (size == 0) return 0;
  const size_t chunk = 1 + data[0] % 64;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Decoded whole = decode(text, text.size() + 1);
  check(decode(text, chunk) == whole, "chunks give the same as the whole");
  compare_with_utf8proc(text, whole);
  if (whole.faults == 0) {
    std::string again;
    for (const char32_t symbol : whole.symbols) append_utf8(symbol, again);
    check(again == text, "what was decoded encodes to the same bytes");
  }
  return 0;
}
