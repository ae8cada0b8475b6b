#include "train/checkpoint/passage.h"

#include <gtest/gtest.h>

#include "text/characters/utf8.h"

namespace charrnn {
namespace {

std::string passage(const std::string& text, double held_out, size_t most,
                    Encoding encoding = Encoding::kUtf8) {
  CorpusOptions options;
  options.encoding = encoding;
  const Corpus corpus = corpus_of_text(text, options, "test");
  return passage_of(split(corpus, held_out), corpus.vocabulary, most);
}

TEST(Passage, IsHeldOutTextFromALinesBeginningToALinesEnd) {
  const std::string learnt(100, 'x');
  EXPECT_EQ(passage(learnt + "d of a line\nfirst line\nsecond line\nthird line, too long\n" +
                        std::string(50, 'y'),
                    0.52, 30),
            "first line\nsecond line\n");
}

TEST(Passage, PassesOverEmptyLinesAtItsBeginning) {
  EXPECT_EQ(passage("end\n\n\nfirst line\nsecond line", 0, 15), "first line\n");
}

TEST(Passage, IsCutAtSpacesWhereThereAreNoLines) {
  EXPECT_EQ(passage("one two three four five", 0, 12), "two three ");
}

TEST(Passage, IsCutAnywhereWhereNothingEnds) {
  EXPECT_EQ(passage(std::string(300, 'x') + std::string(300, 'y'), 0.5, 20), std::string(20, 'y'));
}

TEST(Passage, IsAllOfAShortText) {
  EXPECT_EQ(passage("a b\nc", 0, 5), "a b\nc");
  EXPECT_EQ(passage("abcdefgh two\n", 0.3, 5), "two\n");  // of 13, 4 are held out
}

TEST(Passage, CountsCharactersNotBytes) {
  EXPECT_EQ(passage("äöü äöü äöü äöü", 0, 8), "äöü äöü ");
  EXPECT_EQ(passage("äöü äöü äöü äöü", 0, 8, Encoding::kBytes), "äöü ");
}

}  // namespace
}  // namespace charrnn
