#include "evaluate/ngram/baseline.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "text/corpus/corpus.h"

namespace charrnn {
namespace {

std::string words(int count) {
  const std::vector<std::string> list = {"abba ", "cab ", "deed ", "bead ", "ace "};
  MersenneTwister generator(1);
  std::string text;
  for (int i = 0; i < count; ++i) text += list[generator.u32() % list.size()];
  return text;
}

Baseline baseline_of(const std::string& text, double seconds) {
  const Corpus corpus = corpus_of_text(text, {}, "test");
  const Split parts = split(corpus, 0.1);
  return measure_baseline(corpus.vocabulary, parts.training, parts.validation, seconds);
}

TEST(Baseline, WithTimeEnoughIsWhatTheReportsSay) {
  const Corpus corpus = corpus_of_text(words(3000), {}, "test");
  const Split parts = split(corpus, 0.1);
  const Baseline baseline = measure_baseline(corpus.vocabulary, parts.training, parts.validation);
  const NgramReport ngram =
      ngram_report(parts.training, parts.validation, corpus.vocabulary.size());
  EXPECT_EQ(baseline.ngram_loss, ngram.best_loss);
  EXPECT_EQ(baseline.ngram_context, ngram.best_context);
  EXPECT_GT(baseline.ngram_margin, 0);
  EXPECT_EQ(baseline.ngram_note, "");
  EXPECT_TRUE(baseline.ngram_is_conclusive);
  EXPECT_EQ(
      baseline.compressor_bits_per_character,
      compression_report(corpus.vocabulary, parts.training, parts.validation).bits_per_character);
  EXPECT_EQ(baseline.compressor, kCompressorName);
  EXPECT_EQ(baseline.scored_characters, static_cast<int64_t>(parts.validation.size));
}

TEST(Baseline, WithLittleTimeLearnsFromLessAndSaysSo) {
  const std::string text = words(60'000);
  const Baseline hurried = baseline_of(text, 1e-3);
  EXPECT_TRUE(std::isfinite(hurried.ngram_loss));
  EXPECT_NE(hurried.ngram_note.find("learned from the last 20,000 of"), std::string::npos)
      << hurried.ngram_note;
  EXPECT_FALSE(hurried.ngram_is_conclusive) << "less than half was learned from";
  EXPECT_TRUE(std::isnan(hurried.compressor_bits_per_character));
}

TEST(Baseline, SaysHowManyCharactersItScored) {
  const Corpus corpus = corpus_of_text(words(60'000), {}, "test");
  const Split parts = split(corpus, 0.5);
  const Baseline hurried =
      measure_baseline(corpus.vocabulary, parts.training, parts.validation, 1e-3);
  ASSERT_EQ(hurried.scored_characters, 50'000);
  EXPECT_LT(hurried.scored_characters, static_cast<int64_t>(parts.validation.size));
}

TEST(Baseline, OfAShortTextHasNoCompressorAndOfNoneNothing) {
  const Baseline little = baseline_of(words(60), 10);
  EXPECT_TRUE(std::isfinite(little.ngram_loss));
  EXPECT_TRUE(std::isnan(little.compressor_bits_per_character));
  EXPECT_TRUE(std::isnan(baseline_of("ab", 10).ngram_loss));
}

TEST(Baseline, EndsWhereItIsToldTo) {
  const Corpus corpus = corpus_of_text(words(300), {}, "test");
  const Split parts = split(corpus, 0.1);
  const Baseline baseline = measure_baseline(corpus.vocabulary, parts.training, parts.validation,
                                             10, [] { return true; });
  EXPECT_TRUE(std::isnan(baseline.ngram_loss));
  EXPECT_TRUE(std::isnan(baseline.compressor_bits_per_character));
}

}  // namespace
}  // namespace charrnn
