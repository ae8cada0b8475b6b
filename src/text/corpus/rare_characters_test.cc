#include "text/corpus/rare_characters.h"

#include <gtest/gtest.h>

namespace charrnn {
namespace {

std::string text_of(const Corpus& corpus) {
  std::vector<int32_t> ids(corpus.ids.size());
  corpus.ids.copy(0, ids);
  return corpus.vocabulary.text(ids);
}

TEST(RareCharacters, BecomeOneSymbolAndTheOthersStay) {
  Corpus corpus = corpus_of_text("abcaab\xF0\x9F\x98\x80x", {}, "test");
  EXPECT_EQ(merge_rare_characters(corpus, 2), 3);  // c, x and the emoji
  EXPECT_EQ(corpus.vocabulary.symbols(), (std::vector<char32_t>{U'a', U'b', U'\uFFFD'}));
  EXPECT_EQ(text_of(corpus), "ab\uFFFDaab\uFFFD\uFFFD");
}

TEST(RareCharacters, KeepTheOrderOfTheVocabulary) {
  Corpus corpus = corpus_of_text("aaz\xF0\x9F\x98\x80\xF0\x9F\x98\x80", {}, "test");
  EXPECT_EQ(merge_rare_characters(corpus, 2), 1);
  EXPECT_EQ(corpus.vocabulary.symbols(), (std::vector<char32_t>{U'a', U'\uFFFD', U'\U0001F600'}));
}

TEST(RareCharacters, AreNoneWhereEachOccursOftenEnough) {
  Corpus corpus = corpus_of_text("aabb", {}, "test");
  EXPECT_EQ(merge_rare_characters(corpus, 2), 0);
  EXPECT_EQ(corpus.vocabulary.size(), 2);
  CorpusOptions bytes;
  bytes.encoding = Encoding::kBytes;
  Corpus binary = corpus_of_text("abc", bytes, "test");
  EXPECT_EQ(merge_rare_characters(binary, 2), 0);
}

TEST(RareCharacters, JoinASymbolThatTheTextHasAlready) {
  Corpus corpus = corpus_of_text(
      "aa\uFFFD"
      "b",
      {}, "test");
  EXPECT_EQ(merge_rare_characters(corpus, 2), 1);
  EXPECT_EQ(text_of(corpus), "aa\uFFFD\uFFFD");
}

}  // namespace
}  // namespace charrnn
