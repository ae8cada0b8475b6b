#include "text/corpus/compression.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace charrnn {
namespace {

std::string random_letters(size_t size, int letters) {
  std::mt19937 random(11);
  std::string text;
  for (size_t i = 0; i < size; ++i) text += static_cast<char>('a' + random() % letters);
  return text;
}

CompressionReport report_of(const std::string& text, double validation_fraction,
                            const CompressionLimits& limits = {}) {
  const Corpus corpus = corpus_of_text(text, {}, "test");
  const Split parts = split(corpus, validation_fraction);
  return compression_report(corpus.vocabulary, parts.training, parts.validation, limits);
}

TEST(CompressionReport, NeedsAboutTheEntropyOfRandomLetters) {
  const CompressionReport report = report_of(random_letters(200000, 16), 0.5);
  EXPECT_GT(report.bits_per_character, 4.0);
  EXPECT_LT(report.bits_per_character, 4.4);
  EXPECT_EQ(report.training_characters, 100000);
  EXPECT_EQ(report.scored_characters, 100000);
}

TEST(CompressionReport, NeedsNextToNothingForWhatItHasSeen) {
  const std::string once = random_letters(50000, 16);
  EXPECT_LT(report_of(once + once, 0.5).bits_per_character, 0.05);
}

TEST(CompressionReport, SeesOnlyWhatTheLimitsAllow) {
  const std::string once = random_letters(50000, 16);
  CompressionLimits limits;
  limits.max_training = 10;
  limits.max_scored = 20000;
  const CompressionReport report = report_of(once + once, 0.5, limits);
  EXPECT_GT(report.bits_per_character, 4.0);
  EXPECT_EQ(report.training_characters, 10);
  EXPECT_EQ(report.scored_characters, 20000);
}

TEST(CompressionReport, CountsCharactersAndNotBytes) {
  std::mt19937 random(2);
  std::string text;
  for (int i = 0; i < 30000; ++i) text += random() % 2 == 0 ? "\xD0\xB0" : "\xD0\xB1";
  EXPECT_LT(report_of(text, 0.5).bits_per_character, 1.4);
  EXPECT_GT(report_of(text, 0.5).bits_per_character, 1.0);
}

TEST(CompressionReport, OfNoHeldOutPartIsEmpty) {
  EXPECT_EQ(report_of("abcabc", 0).scored_characters, 0);
}

TEST(CompressionReport, StopsWhenAsked) {
  const Corpus corpus = corpus_of_text(random_letters(1000, 3), {}, "test");
  const Split parts = split(corpus, 0.5);
  EXPECT_EQ(compression_report(corpus.vocabulary, parts.training, parts.validation, {},
                               [] { return true; })
                .scored_characters,
            0);
}

}  // namespace
}  // namespace charrnn
