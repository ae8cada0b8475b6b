#include "text/characters/utf8.h"

#include <gtest/gtest.h>
#include <utf8proc.h>

#include <random>
#include <string>
#include <vector>

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
};

Decoded decode(std::string_view text, size_t chunk = 1 << 20) {
  Collected collected;
  Utf8Decoder decoder;
  for (size_t i = 0; i < text.size(); i += chunk) decoder.feed(text.substr(i, chunk), collected);
  decoder.finish(collected);
  return {collected.symbols, decoder.faults(), decoder.first_fault()};
}

// The code points of a text, or nothing where utf8proc calls it ill-formed.
std::optional<std::u32string> decode_with_utf8proc(std::string_view text) {
  std::u32string symbols;
  while (!text.empty()) {
    utf8proc_int32_t symbol = 0;
    const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                       static_cast<utf8proc_ssize_t>(text.size()), &symbol);
    if (size <= 0) return std::nullopt;
    symbols += static_cast<char32_t>(symbol);
    text.remove_prefix(static_cast<size_t>(size));
  }
  return symbols;
}

void expect_as_utf8proc_alone(std::string_view text) {
  const auto expected = decode_with_utf8proc(text);
  const Decoded decoded = decode(text);
  ASSERT_EQ(decoded.faults == 0, expected.has_value()) << Utf8Fault{0, 1, std::string(text)}.hex();
  if (expected) {
    ASSERT_EQ(decoded.symbols, *expected) << Utf8Fault{0, 1, std::string(text)}.hex();
  }
}

// Alone, and with more behind it, since sequences with enough bytes behind them go a faster way.
void expect_as_utf8proc(const std::string& text) {
  expect_as_utf8proc_alone(text);
  expect_as_utf8proc_alone(text + "zzz");
}

TEST(Utf8Decoder, AgreesWithUtf8procOnAllStringsOfOneToThreeBytes) {
  std::string text;
  for (int a = 0; a < 256; ++a) {
    text.assign(1, static_cast<char>(a));
    expect_as_utf8proc(text);
    for (int b = 0; b < 256; ++b) {
      text.assign({static_cast<char>(a), static_cast<char>(b)});
      expect_as_utf8proc(text);
      if (a < 0x80 || HasFatalFailure()) continue;  // the rest is a string of two bytes
      for (int c = 0; c < 256; ++c) {
        text.assign({static_cast<char>(a), static_cast<char>(b), static_cast<char>(c)});
        expect_as_utf8proc(text);
      }
    }
  }
}

TEST(Utf8Decoder, AgreesWithUtf8procOnStringsOfFourBytes) {
  const unsigned char edges[] = {0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF};
  for (int a = 0x80; a < 256; ++a) {
    for (int b = 0; b < 256; b += a < 0xF0 ? 8 : 1) {
      for (const unsigned char c : edges) {
        for (const unsigned char d : edges) {
          expect_as_utf8proc(std::string{static_cast<char>(a), static_cast<char>(b),
                                         static_cast<char>(c), static_cast<char>(d)});
        }
      }
    }
  }
}

TEST(Utf8Decoder, ReadsBackEveryCodePointThatIsEncoded) {
  std::string text;
  std::u32string symbols;
  for (char32_t symbol = 0; symbol <= kMaxCodePoint; ++symbol) {
    if (symbol >= 0xD800 && symbol <= 0xDFFF) continue;
    append_utf8(symbol, text);
    symbols += symbol;
  }
  const Decoded decoded = decode(text, 4096);
  EXPECT_EQ(decoded.faults, 0u);
  EXPECT_TRUE(decoded.symbols == symbols);
}

TEST(Utf8Decoder, ReplacesEachMaximalSubpartByOneCharacter) {
  // The third is the example of the Unicode Standard 15, table 3-11.
  EXPECT_EQ(decode("\xE2\x80"
                   "A")
                .symbols,
            U"\uFFFDA");
  EXPECT_EQ(decode("\xC0\xAF\xE0\x80\xBF").symbols, U"\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(decode("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41").symbols, U"\uFFFD\uFFFD\uFFFD\uFFFDA");
  EXPECT_EQ(decode("\xED\xA0\x80").symbols, U"\uFFFD\uFFFD\uFFFD");  // a surrogate
  EXPECT_EQ(decode("\xF4\x90\x80\x80").symbols, U"\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(decode("a\xF0\x9F\x98").symbols, U"a\uFFFD");  // cut off
}

TEST(Utf8Decoder, GivesTheSameForEveryChunkSize) {
  std::mt19937 random(1);
  const std::string pieces[] = {
      "a",        "line\n", "\xC3\xA9",     "\xE2\x82\xAC",        "\xF0\x9F\x98\x80",
      "\xE2\x80", "\xFF",   "\xED\xA0\x80", std::string(100, 'x'), "\xF0\x9F",
      "\xC3"};
  for (int repeat = 0; repeat < 20; ++repeat) {
    std::string text;
    for (int i = 0; i < 60; ++i) text += pieces[random() % std::size(pieces)];
    const Decoded whole = decode(text);
    for (size_t chunk = 1; chunk <= 64; ++chunk) {
      const Decoded decoded = decode(text, chunk);
      ASSERT_EQ(decoded.symbols, whole.symbols) << "chunks of " << chunk;
      ASSERT_EQ(decoded.faults, whole.faults);
      ASSERT_EQ(decoded.first.offset, whole.first.offset);
      ASSERT_EQ(decoded.first.line, whole.first.line);
      ASSERT_EQ(decoded.first.hex(), whole.first.hex());
    }
  }
}

TEST(Utf8Decoder, NamesByteLineAndBytesOfTheFirstFault) {
  const auto fault = find_utf8_fault("one\ntwo\n\xC3\xA9t\xE2\x80zu viele Worte \xFF");
  ASSERT_TRUE(fault.has_value());
  EXPECT_EQ(fault->offset, 11u);
  EXPECT_EQ(fault->line, 3u);
  EXPECT_EQ(fault->hex(), "e2 80 7a 75 20 76 69 65");
  EXPECT_FALSE(find_utf8_fault("na\xC3\xAFve").has_value());
}

TEST(Utf8Decoder, CountsBytesBeyondFourGiB) {
  const std::string block(size_t{1} << 20, 'a');
  struct Nothing {
    uint64_t ascii_bytes = 0;
    void ascii(std::string_view run) { ascii_bytes += run.size(); }
    void symbol(char32_t) {}
  } nothing;
  Utf8Decoder decoder;
  for (int i = 0; i < 4097; ++i) decoder.feed(block, nothing);
  decoder.feed("\xFF", nothing);
  EXPECT_EQ(decoder.first_fault().offset, uint64_t{4097} << 20);
  EXPECT_EQ(nothing.ascii_bytes, uint64_t{4097} << 20);
}

TEST(AsciiPrefix, EndsAtTheFirstOtherByteWhereverItStands) {
  for (size_t size = 0; size < 200; ++size) {
    std::string text(size, 'q');
    ASSERT_EQ(ascii_prefix(text), size);
    for (size_t i = 0; i < size; ++i) {
      text[i] = '\x80';
      ASSERT_EQ(ascii_prefix(text), i);
      text[i] = 'q';
    }
  }
}

// A whole text cut anywhere: what is left open is what the next piece ends.
TEST(Utf8, AnOpenSequenceIsWhatTheNextPieceEnds) {
  const std::string text = "aé€😀z";
  size_t begin = 0;  // of the character that the cut is in
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    const bool in_character = cut < text.size() && (text[cut] & '\xC0') == '\x80';
    if (!in_character) begin = cut;
    EXPECT_EQ(open_sequence(std::string_view(text).substr(0, cut)), cut - begin) << cut;
  }
  EXPECT_EQ(open_sequence("\x80\x80\x80\x80"), 0u) << "nothing that another byte could end";
}

}  // namespace
}  // namespace charrnn
