#include "session/baseline_line.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/json/json.h"

namespace charrnn {
namespace {

TEST(BaselineLine, HasTheKeysThatThePageReadsAndNoStep) {
  Baseline baseline;
  baseline.ngram_loss = 1.5;
  baseline.ngram_context = 6;
  baseline.compressor_bits_per_character = 2.5;
  baseline.compressor = "LZMA2";
  const std::string line = baseline_line(baseline);
  EXPECT_EQ(line.back(), '\n');
  const JsonValue object = parse_json(line);
  EXPECT_EQ(object["ngram_loss"], 1.5);
  EXPECT_EQ(object["ngram_context"], 6);
  EXPECT_EQ(object["compressor_bits_per_character"], 2.5);
  EXPECT_FALSE(object.contains("step"));
}

TEST(BaselineLine, IsReadAsItWasWritten) {
  Baseline baseline;
  baseline.ngram_loss = 1.25;
  baseline.ngram_margin = 0.125;
  baseline.ngram_context = 3;
  baseline.ngram_note = "learned from the last 3 of 9 characters";
  baseline.scored_characters = 50000;
  const auto read = read_baseline_line(baseline_line(baseline));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->ngram_loss, 1.25);
  EXPECT_EQ(read->ngram_margin, 0.125);
  EXPECT_EQ(read->ngram_context, 3);
  EXPECT_EQ(read->ngram_note, baseline.ngram_note);
  EXPECT_TRUE(read->ngram_is_conclusive);
  baseline.ngram_is_conclusive = false;
  EXPECT_FALSE(read_baseline_line(baseline_line(baseline))->ngram_is_conclusive);
  EXPECT_EQ(read->scored_characters, 50000);
  EXPECT_TRUE(std::isnan(read->compressor_bits_per_character));
}

TEST(BaselineLine, IsEmptyWhereNothingWasMeasuredAndOtherLinesAreNone) {
  EXPECT_EQ(baseline_line({}), "");
  for (const char* line : {"", "no", "[1]", "{}", R"({"step":1,"ngram_loss":2})",
                           R"({"ngram_loss":null})", R"({"total_steps":5})"}) {
    EXPECT_FALSE(read_baseline_line(line)) << line;
  }
}

}  // namespace
}  // namespace charrnn
