#include "app/terminal/word_wrap.h"

#include <gtest/gtest.h>

namespace charrnn {
namespace {

TEST(WrapWords, BreaksBetweenWordsOnly) {
  EXPECT_EQ(wrap_words("one two three four", 9, 0), "one two\nthree\nfour");
  EXPECT_EQ(wrap_words("one two three", 13, 0), "one two three");
  EXPECT_EQ(wrap_words("one two three", 11, 4), "one two\n    three");
  EXPECT_EQ(wrap_words("extraordinarily long", 6, 0), "extraordinarily\nlong");
  EXPECT_EQ(wrap_words("", 10, 3), "");
  EXPECT_EQ(wrap_words("a\nb c", 10, 2), "a\n  b c");
  EXPECT_EQ(wrap_words("row   one two three", 13, 0, 6), "row   one two\n      three");
}

TEST(WrapWords, KeepsAPerCentSignWithItsNumber) {
  EXPECT_EQ(wrap_words("it needs 32.9 % less", 13, 0), "it needs\n32.9 % less");
  EXPECT_EQ(wrap_words("it needs 5 %, or so", 11, 0), "it needs\n5 %, or so");
}

TEST(WrapWords, CountsColumnsNotBytes) {
  EXPECT_EQ(wrap_words("é é é é é", 9, 0), "é é é é é");
  EXPECT_EQ(wrap_words("日本 日本", 9, 0), "日本 日本");
  EXPECT_EQ(wrap_words("日本 日本", 8, 0), "日本\n日本");
  EXPECT_EQ(wrap_words("\x1b[31;1mred\x1b[0m and blue", 12, 0), "\x1b[31;1mred\x1b[0m and blue");
}

}  // namespace
}  // namespace charrnn
