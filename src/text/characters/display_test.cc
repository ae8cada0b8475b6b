#include "text/characters/display.h"

#include <gtest/gtest.h>

#include <vector>

namespace charrnn {
namespace {

TEST(Escaped, LeavesNothingThatATerminalObeys) {
  EXPECT_EQ(escaped("plain \xC3\xA9 \xF0\x9F\x98\x80"), "plain \xC3\xA9 \xF0\x9F\x98\x80");
  EXPECT_EQ(escaped("a\nb\tc\rd\\e"), "a\\nb\\tc\\rd\\\\e");
  EXPECT_EQ(escaped("\x1B[31m\x7F"), "\\x1b[31m\\x7f");
  EXPECT_EQ(escaped("\xC2\x9B"), "\\x9b");                  // the one-character escape
  EXPECT_EQ(escaped("\xFFz\xE2\x80"), "\\xffz\\xe2\\x80");  // not UTF-8
  EXPECT_EQ(escaped("a\xE2\x80\xAE"
                    "b"),
            "a\\u{202e}b");  // reorders what follows
  EXPECT_EQ(in_quotes("a b"), "'a b'");
}

TEST(QuotedSymbol, ShowsWhatCanBeSeenAndNamesTheRest) {
  EXPECT_EQ(quoted_symbol('e'), "'e'");
  EXPECT_EQ(quoted_symbol(' '), "' '");
  EXPECT_EQ(quoted_symbol('\''), "\"'\"");
  EXPECT_EQ(quoted_symbol('\n'), "'\\n'");
  EXPECT_EQ(quoted_symbol(0), "'\\x00'");
  EXPECT_EQ(quoted_symbol(0x4E2D), "'\xE4\xB8\xAD'");
  EXPECT_EQ(quoted_symbol(0x200B), "U+200B");
  EXPECT_EQ(quoted_symbol(0x301), "U+0301");
  EXPECT_EQ(quoted_symbol(0xA0), "U+00A0");
  EXPECT_EQ(quoted_symbol(0x10FFFF), "U+10FFFF");
}

TEST(ListSymbols, NamesTheFirstAndCountsTheRest) {
  const std::vector<char32_t> symbols = {'a', '\n', 0x2019};
  EXPECT_EQ(list_symbols(symbols), "'a', '\\n', '\xE2\x80\x99'");
  EXPECT_EQ(list_symbols(symbols, 1), "'a' and 2 more");
  EXPECT_EQ(list_symbols({}), "");
}

TEST(SymbolName, CallsBlankAndControlCharactersByName) {
  EXPECT_EQ(symbol_name('\n'), "line feed");
  EXPECT_EQ(symbol_name(' '), "space");
  EXPECT_EQ(symbol_name(0x1B), "escape");
  EXPECT_EQ(symbol_name(0x200D), "zero width joiner");
  EXPECT_EQ(symbol_name('a'), "");
}

TEST(DisplayWidth, CountsColumnsAndNotCharacters) {
  EXPECT_EQ(display_width("abc"), 3);
  EXPECT_EQ(display_width("\xE4\xB8\xAD"), 2);  // wide
  EXPECT_EQ(display_width("e\xCC\x81"), 1);     // combining
  EXPECT_EQ(display_width("\xF0\x9F\x98\x80"), 2);
}

}  // namespace
}  // namespace charrnn
