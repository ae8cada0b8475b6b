#include "evaluate/copies.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "base/error.h"

namespace charrnn {
namespace {

IdArray array_of(const std::vector<int32_t>& ids) {
  IdArray array(1000);
  for (const int32_t id : ids) array.push_back(id);
  return array;
}

std::vector<int32_t> ids_of(const std::string& text) { return {text.begin(), text.end()}; }

CopyReport find_slowly(const std::vector<int32_t>& sample, const std::vector<int32_t>& corpus,
                       int64_t minimum) {
  CopyReport report;
  std::vector<bool> copied(sample.size());
  for (size_t begin = 0; begin < sample.size(); ++begin) {
    for (size_t place = 0; place < corpus.size(); ++place) {
      size_t length = 0;
      while (begin + length < sample.size() && place + length < corpus.size() &&
             sample[begin + length] == corpus[place + length]) {
        ++length;
      }
      const auto size = static_cast<int64_t>(length);
      if (size > report.longest) {
        report.longest = size;
        report.sample_begin = begin;
        report.corpus_begin = place;
      }
      if (size >= minimum) std::fill_n(copied.begin() + begin, length, true);
    }
  }
  report.copied = std::count(copied.begin(), copied.end(), true);
  return report;
}

void expect_equal(const CopyReport& report, const CopyReport& expected) {
  EXPECT_EQ(report.longest, expected.longest);
  EXPECT_EQ(report.sample_begin, expected.sample_begin);
  EXPECT_EQ(report.corpus_begin, expected.corpus_begin);
  EXPECT_EQ(report.copied, expected.copied);
}

TEST(FindCopies, EqualsTheSlowVersion) {
  std::mt19937 random(2);
  for (int round = 0; round < 400; ++round) {
    const int symbols = 1 + static_cast<int>(random() % 4);
    const auto text = [&](size_t size) {
      std::vector<int32_t> ids(random() % size);
      for (int32_t& id : ids) id = static_cast<int32_t>(random() % symbols) * 7;
      return ids;
    };
    auto sample = text(40);
    const auto corpus = text(120);
    if (!sample.empty() && round % 3 == 0) sample[random() % sample.size()] = -1;
    if (!sample.empty() && round % 4 == 0) sample[random() % sample.size()] = 999;
    const int64_t minimum = 1 + static_cast<int64_t>(random() % 6);
    SCOPED_TRACE(round);
    const IdArray corpus_ids = array_of(corpus);
    expect_equal(find_copies(sample, view(corpus_ids), minimum),
                 find_slowly(sample, corpus, minimum));
  }
}

// Copies shorter and longer than the windows by which the corpus is looked through, in a corpus
// that is longer than the pieces in which it is read.
TEST(FindCopies, FindsCopiesOfAnyLength) {
  std::mt19937 random(3);
  const auto text = [&](size_t size) {
    std::vector<int32_t> ids(size);
    for (int32_t& id : ids) id = static_cast<int32_t>(random() % 30);
    return ids;
  };
  for (const size_t longest : {6, 12, 31, 40, 120}) {
    SCOPED_TRACE(longest);
    auto corpus = text(70'000);
    std::vector<int32_t> sample;
    for (int part = 0; part < 5; ++part) {
      const size_t length = longest - random() % (longest / 2);
      const auto from = corpus.begin() + random() % (corpus.size() - 200);
      sample.insert(sample.end(), from, from + static_cast<std::ptrdiff_t>(length));
      const auto other = text(1 + random() % 20);
      sample.insert(sample.end(), other.begin(), other.end());
    }
    // A copy of the sample's middle with a mistake now and then.
    for (size_t i = 0; i < sample.size() / 2; ++i) {
      if (random() % 40 != 0) corpus[100 + i] = sample[sample.size() / 4 + i];
    }
    const IdArray corpus_ids = array_of(corpus);
    for (const int64_t minimum : {20, 50}) {
      expect_equal(find_copies(sample, view(corpus_ids), minimum),
                   find_slowly(sample, corpus, minimum));
    }
  }
}

TEST(FindCopies, CountsOverlappingCopiesOnce) {
  const IdArray corpus = array_of(ids_of("abcdefgh xx cdefghij"));
  const CopyReport report = find_copies(ids_of("..abcdefghij.."), view(corpus), 5);
  EXPECT_EQ(report.copied, 10);
  EXPECT_EQ(report.longest, 8);
  EXPECT_EQ(report.sample_begin, 2);
  EXPECT_EQ(report.corpus_begin, 0);
  EXPECT_DOUBLE_EQ(report.share(), 10.0 / 14);
}

TEST(FindCopies, FindsACopyAcrossThePiecesInWhichTheCorpusIsRead) {
  std::mt19937 random(9);
  std::vector<int32_t> corpus(200000);
  for (int32_t& id : corpus) id = static_cast<int32_t>(random() % 50);
  const std::vector<int32_t> sample(corpus.begin() + 65500, corpus.begin() + 65600);
  const IdArray corpus_ids = array_of(corpus);
  int64_t done = 0;
  const CopyReport report =
      find_copies(sample, view(corpus_ids), 20, [&done](int64_t now) { done = now; });
  EXPECT_EQ(report.longest, 100);
  EXPECT_EQ(report.corpus_begin, 65500);
  EXPECT_EQ(report.share(), 1);
  EXPECT_EQ(done, 200000);
}

TEST(FindCopies, FindsNothingInNothing) {
  const IdArray corpus = array_of({1, 2, 3}), empty;
  EXPECT_EQ(find_copies({}, view(corpus)).share(), 0);
  EXPECT_EQ(find_copies(ids_of("abc"), view(empty)).longest, 0);
}

TEST(FindCopies, RefusesASampleThatWouldTakeTooMuchMemory) {
  std::vector<int32_t> sample(300000);
  for (size_t i = 0; i < sample.size(); ++i) sample[i] = static_cast<int32_t>(i % 1000);
  const IdArray corpus = array_of({1});
  EXPECT_THROW(find_copies(sample, view(corpus)), Error);
}

}  // namespace
}  // namespace charrnn
