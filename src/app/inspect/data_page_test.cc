#include "app/inspect/data_page.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include "app/inspect/data_report.h"

namespace charrnn {
namespace {

const std::function<void(std::string_view)> kSilent = [](std::string_view) {};

// Words at random, so that characters before one tell something about it.
std::string random_text(size_t words) {
  const std::string_view choices[] = {"the ", "sea ",   "is ",    "green\n",
                                      "and ", "cold, ", "'wide' "};
  std::mt19937 random(4);
  std::string text;
  for (size_t i = 0; i < words; ++i) text += choices[random() % std::size(choices)];
  return text;
}

std::string page_of(const Corpus& corpus, const DataReport& report, int top = 20) {
  return data_page(corpus, report, top, Terminal(stdout, ColorChoice::kNever));
}

bool has(const std::string& page, std::string_view part) { return page.find(part) != page.npos; }

TEST(DataPage, SaysThatNothingIsHeldOut) {
  const Corpus corpus = corpus_of_text(std::string(5000, 'a'), {}, "words");
  const std::string page = page_of(corpus, make_data_report(corpus, 0, {}, kSilent));
  EXPECT_TRUE(has(page, "nothing is held out, so there are no baselines")) << page;
  EXPECT_TRUE(has(page, "1 line of 5,000 characters on average (median 5,000")) << page;
}

TEST(DataReport, HoldsFiguresThatFallWithWhatIsKnown) {
  const Corpus corpus = corpus_of_text(random_text(4000), {}, "words");
  const DataReport report = make_data_report(corpus, 0.1, {}, kSilent);
  ASSERT_EQ(report.entropies.size(), 4u);
  for (size_t order = 1; order < 3; ++order) {
    EXPECT_LT(report.entropies[order], report.entropies[order - 1]);
  }
  ASSERT_TRUE(report.has_figures);
  EXPECT_EQ(report.parts.training.size + report.parts.validation.size, corpus.ids.size());
  EXPECT_EQ(report.ngram.predicted, static_cast<int64_t>(report.parts.validation.size) - 1);
  // About log2(7) bits a word of 5 characters, and no less.
  const double bits = report.ngram.best_loss / std::log(2.0);
  EXPECT_GT(bits, 0.5);
  EXPECT_LT(bits, 0.75);
  EXPECT_GT(report.compression.bits_per_character, bits);
  EXPECT_EQ(report.counts[report.by_count[0]],
            *std::max_element(report.counts.begin(), report.counts.end()));
}

TEST(DataReport, MeasuresLargeTextsInPart) {
  const Corpus corpus = corpus_of_text(random_text(4000), {}, "words");
  DataLimits limits;
  limits.entropy_characters = 1000;
  limits.scored_characters = 500;
  limits.copy_characters = 100;
  const DataReport report = make_data_report(corpus, 0.2, limits, kSilent);
  EXPECT_EQ(report.entropy_characters, 1000u);
  EXPECT_EQ(report.ngram.predicted, 499);
  EXPECT_EQ(report.compression.scored_characters, 500);
  EXPECT_EQ(report.copies.characters, 100);
  const std::string page = page_of(corpus, report);
  EXPECT_TRUE(has(page, "counted on the first 1,000 characters"));
  EXPECT_TRUE(has(page, "measured on the first 500 of validation"));
}

TEST(DataReport, TellsWhatValidationHasFromTraining) {
  std::string text;
  std::mt19937 random(8);
  for (int i = 0; i < 300; ++i) text += static_cast<char>('a' + random() % 26);
  const Corpus repeated = corpus_of_text(text + text, {}, "twice");
  const DataReport report = make_data_report(repeated, 0.5, {}, kSilent);
  EXPECT_DOUBLE_EQ(report.copies.share(), 1);
  EXPECT_TRUE(has(page_of(repeated, report), "100.0 % of validation stands word for word"));
  const Corpus once = corpus_of_text(text, {}, "once");
  EXPECT_DOUBLE_EQ(make_data_report(once, 0.5, {}, kSilent).copies.share(), 0);
}

TEST(DataReport, OfTextsTooShortToSplitHasNoFigures) {
  for (const std::string_view text : {"ab", "aaaa", "abcdefghi"}) {
    const Corpus corpus = corpus_of_text(text, {}, "short");
    const DataReport report = make_data_report(corpus, 0.1, {}, kSilent);
    EXPECT_FALSE(report.has_figures);
    const bool is_whole = text.size() == 2;  // train holds nothing out of it either
    EXPECT_TRUE(has(page_of(corpus, report),
                    is_whole ? "training: all of the text" : "too short to learn from one part"));
    EXPECT_TRUE(data_json(corpus, report)["ngram"].is_null());
  }
}

TEST(DataReport, OfOneCharacterRepeatedIsFinite) {
  const Corpus corpus = corpus_of_text(std::string(200, 'a'), {}, "a");
  const DataReport report = make_data_report(corpus, 0.1, {}, kSilent);
  const std::string page = page_of(corpus, report);
  EXPECT_FALSE(has(page, "nan"));
  EXPECT_FALSE(has(page, "inf"));
  EXPECT_DOUBLE_EQ(report.entropies[0], 0);
}

TEST(DataPage, ShowsCountsLinesAndSplit) {
  const Corpus corpus = corpus_of_text("banana\nbread\n\x1B[0m \xC2\xA0", {}, "fruit");
  const DataReport report = make_data_report(corpus, 0.1, {}, kSilent);
  const std::string page = page_of(corpus, report, 2);
  EXPECT_TRUE(has(page, "20 bytes, 19 characters, 13 different")) << page;
  EXPECT_TRUE(has(page, "'a'             4  21.05 %")) << page;
  EXPECT_TRUE(has(page, "'\\x1b' 1")) << page;
  EXPECT_TRUE(has(page, "U+00A0 1")) << page;
  EXPECT_TRUE(has(page, "longest 6 in line 1)\n  the last one has no line end")) << page;
  EXPECT_TRUE(has(page, "training: the first 17 characters; validation: the last 2 characters"));
  EXPECT_FALSE(has(page, "\x1B"));
}

TEST(DataPage, SaysThatTheOnlyLineHasNoEnd) {
  const Corpus corpus = corpus_of_text("banana", {}, "fruit");
  EXPECT_TRUE(has(page_of(corpus, make_data_report(corpus, 0.1, {}, kSilent), 2),
                  "in line 1)\n  it has no line end"));
}

TEST(DataPage, KeepsToTheWidthOfTheTerminal) {
  const Corpus corpus = corpus_of_text(random_text(4000), {}, "words");
  const DataReport report = make_data_report(corpus, 0.1, {}, kSilent);
  const std::string page = page_of(corpus, report, 3);
  size_t begin = 0;
  while (begin < page.size()) {
    const size_t end = page.find('\n', begin);
    const std::string_view line = std::string_view(page).substr(begin, end - begin);
    if (has(std::string(line), "█")) {
      EXPECT_LE(
          std::count_if(line.begin(), line.end(), [](char byte) { return (byte & 0xC0) != 0x80; }),
          80);
    }
    begin = end + 1;
  }
}

TEST(DataReport, IsTheSameOnSeveralThreads) {
  const Corpus corpus = corpus_of_text(random_text(40000), {}, "words");
  DataLimits limits;
  const JsonOutput one = data_json(corpus, make_data_report(corpus, 0.1, limits, kSilent));
  limits.threads = 3;
  EXPECT_EQ(dump_json(data_json(corpus, make_data_report(corpus, 0.1, limits, kSilent))),
            dump_json(one));
}

TEST(DataReport, LeavesNgramsOutWhereAsked) {
  const Corpus corpus = corpus_of_text(random_text(4000), {}, "words");
  DataLimits limits;
  limits.ngrams = false;
  limits.threads = 2;
  const DataReport report = make_data_report(corpus, 0.1, limits, kSilent);
  EXPECT_TRUE(report.ngram.losses.empty());
  EXPECT_GT(report.compression.bits_per_character, 0);
  EXPECT_TRUE(data_json(corpus, report)["ngram"].is_null());
  const std::string page = page_of(corpus, report);
  EXPECT_FALSE(has(page, "n-gram")) << page;
  EXPECT_TRUE(has(page, "LZMA2")) << page;
}

TEST(DataReport, CanBeStoppedWhileItWorks) {
  struct Stop {};
  const Corpus corpus = corpus_of_text(random_text(40000), {}, "words");
  for (const int threads : {1, 2}) {
    DataLimits limits;
    limits.threads = threads;
    EXPECT_THROW(make_data_report(corpus, 0.1, limits,
                                  [](std::string_view job) {
                                    if (has(std::string(job), "n-grams that see 1 ")) throw Stop();
                                  }),
                 Stop);
  }
}

TEST(DataPage, SaysByteWhereCharactersAreBytes) {
  CorpusOptions options;
  options.encoding = Encoding::kBytes;
  const Corpus corpus = corpus_of_text(random_text(2000), options, "words");
  const DataReport report = make_data_report(corpus, 0.1, {}, kSilent);
  const std::string page = page_of(corpus, report);
  EXPECT_FALSE(has(page, "character")) << page;
  EXPECT_TRUE(has(page, "bits per byte")) << page;
  EXPECT_EQ(data_json(corpus, report)["unit"], "byte");
}

TEST(DataPage, SaysHowLinesEnd) {
  const Corpus corpus = corpus_of_text("one\r\ntwo\r\nthree\n", {}, "crlf");
  EXPECT_TRUE(has(page_of(corpus, make_data_report(corpus, 0.1, {}, kSilent)),
                  "ended by LF 1 time, by CRLF 2 times, by CR 0 times"));
}

TEST(DataJson, SaysTheSameInKeys) {
  const Corpus corpus = corpus_of_text(random_text(500), {}, "words");
  const DataReport report = make_data_report(corpus, 0.1, {}, kSilent);
  const auto json = data_json(corpus, report);
  EXPECT_EQ(json["characters"], corpus.ids.size());
  EXPECT_EQ(json["vocabulary_size"], corpus.vocabulary.size());
  ASSERT_EQ(json["vocabulary"].size(), static_cast<size_t>(corpus.vocabulary.size()));
  EXPECT_EQ(json["vocabulary"][0]["character"], "\n");
  uint64_t sum = 0;
  for (const auto& entry : json["vocabulary"]) sum += entry["count"].get<uint64_t>();
  EXPECT_EQ(sum, corpus.ids.size());
  EXPECT_EQ(json["ngram"]["context"], report.ngram.best_context);
  EXPECT_EQ(json["compressor"]["name"], "LZMA2 (xz -9e)");
}

}  // namespace
}  // namespace charrnn
