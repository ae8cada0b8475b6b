// UTF-8, strictly: overlong forms, surrogates, code points above U+10FFFF and truncated sequences
// are faults. A decoder takes its text in chunks of any size; runs of ASCII pass through it whole.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace charrnn {

constexpr char32_t kReplacementCharacter = 0xFFFD;
constexpr char32_t kMaxCodePoint = 0x10FFFF;

// Appends a code point that is not a surrogate.
void append_utf8(char32_t symbol, std::string& text);
std::string utf8_text(char32_t symbol);

// How many bytes at the start of the text are ASCII.
size_t ascii_prefix(std::string_view text);

// The first place where a text is not UTF-8.
struct Utf8Fault {
  uint64_t offset = 0;  // in bytes
  uint64_t line = 1;
  std::string bytes;  // up to 8, from there on

  std::string hex() const;  // "e2 80 41"
};

// The decoder of the WHATWG Encoding Standard. Each maximal part of an ill-formed sequence (Unicode
// 15, section 3.9) is one fault and gives one U+FFFD: E2 80 41 gives U+FFFD and "A".
class Utf8Decoder {
 public:
  // sink.ascii(std::string_view) takes runs of ASCII, sink.symbol(char32_t) every other character.
  template <class Sink>
  void feed(std::string_view chunk, Sink&& sink);
  // At the end of the text: a sequence that is still open is a fault.
  template <class Sink>
  void finish(Sink&& sink);

  uint64_t faults() const { return faults_; }
  const Utf8Fault& first_fault() const { return first_fault_; }  // where faults() > 0
  uint64_t bytes() const { return bytes_; }

 private:
  enum class Step { kMore, kSymbol, kFault, kFaultAgain };
  Step step(uint8_t byte);
  // chunk: the current one; index: of the byte after the fault.
  void note_fault(std::string_view chunk, size_t index);

  // The incomplete sequence: its bytes so far, how many are missing, and the range of the next one.
  std::array<char, 4> open_ = {};
  int open_size_ = 0;
  int missing_ = 0;
  uint8_t low_ = 0x80;
  uint8_t high_ = 0xBF;
  char32_t symbol_ = 0;

  uint64_t bytes_ = 0;  // of all earlier chunks
  uint64_t lines_ = 0;  // line feeds in them
  uint64_t faults_ = 0;
  Utf8Fault first_fault_;
};

// The first fault of a text, if any.
std::optional<Utf8Fault> find_utf8_fault(std::string_view text);

// How many bytes at the end of a text begin a sequence without ending it: 0 to 3. Where text comes
// in pieces, they wait for the next one.
size_t open_sequence(std::string_view text);

// ── how a decoder works ──

// Decodes a well-formed sequence of two to four bytes at the start of four bytes. Returns its
// length, or 0 if there is none.
inline size_t decode_sequence(const char* bytes, char32_t& symbol) {
  const auto at = [&](int i) { return static_cast<char32_t>(static_cast<uint8_t>(bytes[i])); };
  const auto continues = [&](int i) { return (at(i) & 0xC0) == 0x80; };
  if ((at(0) & 0xE0) == 0xC0) {
    symbol = (at(0) & 0x1F) << 6 | (at(1) & 0x3F);
    return continues(1) && symbol >= 0x80 ? 2 : 0;
  }
  if ((at(0) & 0xF0) == 0xE0) {
    symbol = (at(0) & 0x0F) << 12 | (at(1) & 0x3F) << 6 | (at(2) & 0x3F);
    const bool is_scalar = symbol >= 0x800 && (symbol & 0xF800) != 0xD800;
    return continues(1) && continues(2) && is_scalar ? 3 : 0;
  }
  symbol = (at(0) & 0x07) << 18 | (at(1) & 0x3F) << 12 | (at(2) & 0x3F) << 6 | (at(3) & 0x3F);
  const bool is_scalar = symbol >= 0x10000 && symbol <= kMaxCodePoint;
  return (at(0) & 0xF8) == 0xF0 && continues(1) && continues(2) && continues(3) && is_scalar ? 4
                                                                                             : 0;
}

inline Utf8Decoder::Step Utf8Decoder::step(uint8_t byte) {
  if (missing_ == 0) {
    open_[0] = static_cast<char>(byte);
    open_size_ = 1;
    low_ = 0x80;
    high_ = 0xBF;
    if (byte < 0x80) {
      symbol_ = byte;
      return Step::kSymbol;
    }
    if (byte < 0xC2 || byte > 0xF4) return Step::kFault;
    if (byte < 0xE0) {
      missing_ = 1;
      symbol_ = byte & 0x1Fu;
    } else if (byte < 0xF0) {
      missing_ = 2;
      symbol_ = byte & 0x0Fu;
      if (byte == 0xE0) low_ = 0xA0;   // below: overlong
      if (byte == 0xED) high_ = 0x9F;  // above: surrogates
    } else {
      missing_ = 3;
      symbol_ = byte & 0x07u;
      if (byte == 0xF0) low_ = 0x90;   // below: overlong
      if (byte == 0xF4) high_ = 0x8F;  // above: over U+10FFFF
    }
    return Step::kMore;
  }
  if (byte < low_ || byte > high_) {
    missing_ = 0;
    return Step::kFaultAgain;
  }
  low_ = 0x80;
  high_ = 0xBF;
  open_[open_size_++] = static_cast<char>(byte);
  symbol_ = symbol_ << 6 | (byte & 0x3Fu);
  return --missing_ == 0 ? Step::kSymbol : Step::kMore;
}

template <class Sink>
void Utf8Decoder::feed(std::string_view chunk, Sink&& sink) {
  if (faults_ > 0 && first_fault_.bytes.size() < 8) {
    first_fault_.bytes += chunk.substr(0, 8 - first_fault_.bytes.size());
  }
  size_t i = 0;
  while (i < chunk.size()) {
    if (missing_ == 0 && static_cast<uint8_t>(chunk[i]) < 0x80) {
      const size_t run = ascii_prefix(chunk.substr(i));
      sink.ascii(chunk.substr(i, run));
      i += run;
      continue;
    }
    if (missing_ == 0 && chunk.size() - i >= 4) {
      char32_t symbol = 0;
      if (const size_t size = decode_sequence(chunk.data() + i, symbol)) {
        sink.symbol(symbol);
        i += size;
        continue;
      }
    }
    switch (step(static_cast<uint8_t>(chunk[i]))) {
      case Step::kMore:
        ++i;
        break;
      case Step::kSymbol:
        ++i;
        sink.symbol(symbol_);
        break;
      case Step::kFault:
        ++i;
        note_fault(chunk, i);
        sink.symbol(kReplacementCharacter);
        break;
      case Step::kFaultAgain:  // the byte begins anew
        note_fault(chunk, i);
        sink.symbol(kReplacementCharacter);
        break;
    }
  }
  bytes_ += chunk.size();
  lines_ += static_cast<uint64_t>(std::count(chunk.begin(), chunk.end(), '\n'));
}

template <class Sink>
void Utf8Decoder::finish(Sink&& sink) {
  if (missing_ == 0) return;
  missing_ = 0;
  note_fault({}, 0);
  sink.symbol(kReplacementCharacter);
}

}  // namespace charrnn
