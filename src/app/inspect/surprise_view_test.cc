#include "app/inspect/surprise_view.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace charrnn {
namespace {

using Characters = std::vector<std::pair<std::string, double>>;

std::string view_of(const Characters& characters, ColorChoice color, int width = 80) {
  const Terminal terminal(stdout, color);
  SurpriseView view(terminal, width);
  std::string shown;
  for (const auto& [character, bits] : characters) shown += view.add(character, bits);
  return shown + view.finish();
}

TEST(SurpriseView, WritesDigitsBelowTheTextWithoutColour) {
  const Characters text = {{"a", NAN},  {"b", 0.4}, {"é", 1.0},  {"日", 3.99}, {"c", 25},
                           {"\n", 0.1}, {"d", 2},   {"\n", 5.5}, {"e", 0}};
  EXPECT_EQ(view_of(text, ColorChoice::kNever),
            "abé日c\n"
            "  13 9\n"
            "d↵\n"
            "25\n"
            "e\n"
            "\n");
}

TEST(SurpriseView, BreaksLinesBeforeTheWidthIsPassed) {
  const Characters text = {{"a", 1}, {"b", 2}, {"日", 3}, {"c", 4}};
  EXPECT_EQ(view_of(text, ColorChoice::kNever, 3), "ab\n12\n日c\n3 4\n");
}

TEST(SurpriseView, ColoursByLevel) {
  const std::string shown = view_of({{"a", 0.9}, {"b", 1.5}, {"c", 100}}, ColorChoice::kAlways);
  EXPECT_EQ(shown, "a\x1b[48;5;230;38;5;16mb\x1b[0m\x1b[48;5;88;38;5;231mc\x1b[0m\n");
  EXPECT_NE(SurpriseView::legend(Terminal(stdout, ColorChoice::kAlways)).find("8 and more"),
            std::string::npos);
}

TEST(SurpriseView, ShowsWhatATerminalWouldObey) {
  EXPECT_EQ(view_of({{"\x1b", 0}, {"\xff", 0}, {"\t", 0}}, ColorChoice::kNever), "\\x1b\\xff→\n\n");
}

}  // namespace
}  // namespace charrnn
