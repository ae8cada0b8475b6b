#include "app/terminal/paragraph.h"

#include <gtest/gtest.h>

namespace charrnn {
namespace {

TEST(Paragraph, BreaksAtSpacesWithinTheColumns) {
  EXPECT_EQ(paragraph("one two three", 9, 2), "  one two\n  three\n");
  EXPECT_EQ(paragraph("one two three", 8, 2), "  one\n  two\n  three\n");
  EXPECT_EQ(paragraph("one  two ", 80, 0), "one two\n");
  EXPECT_EQ(paragraph("", 80, 2), "");
}

TEST(Paragraph, KeepsALongWordWhole) {
  EXPECT_EQ(paragraph("a longword b", 5, 1), " a\n longword\n b\n");
}

TEST(Paragraph, KeepsANumberWithItsPercent) {
  EXPECT_EQ(paragraph("it needs 3.4 % less", 13, 0), "it needs\n3.4 % less\n");
}

TEST(Paragraph, CountsColumnsAndNotBytes) {
  EXPECT_EQ(paragraph("1.5 ± 0.1 nats", 14, 0), "1.5 ± 0.1 nats\n");
}

}  // namespace
}  // namespace charrnn
