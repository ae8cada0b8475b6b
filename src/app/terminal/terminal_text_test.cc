#include "app/terminal/terminal_text.h"

#include <gtest/gtest.h>

namespace charrnn {
namespace {

std::string in_pieces(std::string_view text, size_t size) {
  TerminalText terminal;
  std::string shown;
  for (size_t i = 0; i < text.size(); i += size) shown += terminal.feed(text.substr(i, size));
  return shown + terminal.finish();
}

TEST(TerminalText, ShowsTheSameInPiecesOfAnySize) {
  const std::string text =
      "a\x1b[31mé\n\t€\r😀\x80\xc2\x9b\xf0\x9f"
      "b\xe2\x82";
  const std::string shown = R"(a\x1b[31mé)"
                            "\n\t"
                            R"(€\x0d😀\x80\x9b\xf0\x9fb\xe2\x82)";
  for (const size_t size : {1, 2, 3, 7, 100}) EXPECT_EQ(in_pieces(text, size), shown);
}

TEST(TerminalText, WaitsForTheRestOfACharacter) {
  TerminalText terminal;
  EXPECT_EQ(terminal.feed("x\xf0\x9f"), "x");
  EXPECT_EQ(terminal.feed("\x98"), "");
  EXPECT_EQ(terminal.feed("\x80"), "😀");
  EXPECT_EQ(terminal.finish(), "");
}

}  // namespace
}  // namespace charrnn
