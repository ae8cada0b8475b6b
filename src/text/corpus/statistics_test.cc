#include "text/corpus/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <string>

namespace charrnn {
namespace {

Corpus corpus_of(std::string_view text) { return corpus_of_text(text, {}, "test"); }

// The formula as it stands, with maps of strings.
double entropy_by_definition(const std::string& text, size_t order) {
  std::map<std::string, double> contexts, grams;
  for (size_t i = 0; i + order < text.size(); ++i) {
    ++contexts[text.substr(i, order)];
    ++grams[text.substr(i, order + 1)];
  }
  double bits = 0, total = 0;
  for (const auto& [gram, count] : grams) {
    bits += count * std::log2(contexts[gram.substr(0, order)] / count);
    total += count;
  }
  return bits / total;
}

TEST(ConditionalEntropies, FollowTheirDefinition) {
  std::mt19937 random(7);
  for (const size_t size : {2u, 3u, 5u, 100u, 1999u}) {
    for (const unsigned symbols : {1u, 2u, 7u, 33u}) {
      std::string text;
      for (size_t i = 0; i < size; ++i) {
        text += static_cast<char>('!' + random() % symbols * random() % symbols);
      }
      const Corpus corpus = corpus_of(text);
      const auto entropies = conditional_entropies(view(corpus.ids), corpus.vocabulary.size(), 3);
      ASSERT_EQ(entropies.size(), std::min<size_t>(4, size));
      for (size_t order = 0; order < entropies.size(); ++order) {
        ASSERT_NEAR(entropies[order], entropy_by_definition(text, order), 1e-9)
            << size << " characters of " << symbols << ", order " << order;
      }
    }
  }
}

TEST(ConditionalEntropies, OfACycleAreZeroOnceTheContextTellsThePlace) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "aab";
  const Corpus corpus = corpus_of(text);
  const auto entropies = conditional_entropies(view(corpus.ids), 2, 2);
  EXPECT_NEAR(entropies[0], 0.9183, 1e-4);
  EXPECT_GT(entropies[1], 0.6);
  EXPECT_DOUBLE_EQ(entropies[2], 0);
}

TEST(LineStatistics, CountLinesAndTheirLengths) {
  const LineStatistics lines = line_statistics(corpus_of("one\n\nthree\xC3\xA9\n12\nx"));
  EXPECT_EQ(lines.lines, 5u);
  EXPECT_EQ(lines.max_length, 6u);
  EXPECT_EQ(lines.longest_line, 3u);
  EXPECT_EQ(lines.median_length, 2u);
  EXPECT_DOUBLE_EQ(lines.mean_length, 12.0 / 5);
  EXPECT_FALSE(lines.ends_with_newline);
}

TEST(LineStatistics, DoNotCountALineAfterTheLastNewline) {
  const LineStatistics lines = line_statistics(corpus_of("\na\n"));
  EXPECT_EQ(lines.lines, 2u);
  EXPECT_EQ(lines.max_length, 1u);
  EXPECT_TRUE(lines.ends_with_newline);
  EXPECT_EQ(line_statistics(corpus_of("no newline")).lines, 1u);
  EXPECT_EQ(line_statistics(corpus_of("\n\n\n")).max_length, 0u);
}

TEST(LineStatistics, EndLinesByLfByCrlfAndByCr) {
  const LineStatistics crlf = line_statistics(corpus_of("four\r\nsix\r\n\r\n"));
  EXPECT_EQ(crlf.lines, 3u);
  EXPECT_EQ(crlf.max_length, 4u);
  EXPECT_EQ(crlf.crlf, 3u);
  EXPECT_EQ(crlf.lf + crlf.cr, 0u);
  EXPECT_TRUE(crlf.ends_with_newline);
  const LineStatistics cr = line_statistics(corpus_of("four\rsix\rtwelve"));
  EXPECT_EQ(cr.lines, 3u);
  EXPECT_EQ(cr.cr, 2u);
  EXPECT_EQ(cr.longest_line, 3u);
  EXPECT_FALSE(cr.ends_with_newline);
  const LineStatistics mixed = line_statistics(corpus_of("a\n\rb\r\r\nc\r"));
  EXPECT_EQ(mixed.lines, 5u);  // "a", "", "b", "", "c"
  EXPECT_EQ(mixed.lf, 1u);
  EXPECT_EQ(mixed.crlf, 1u);
  EXPECT_EQ(mixed.cr, 3u);
  EXPECT_TRUE(mixed.ends_with_newline);
}

TEST(CountIds, CountsEachCharacter) {
  const Corpus corpus = corpus_of("banana\n");
  EXPECT_EQ(count_ids(corpus.ids, 4), (std::vector<uint64_t>{1, 3, 1, 2}));
}

}  // namespace
}  // namespace charrnn
