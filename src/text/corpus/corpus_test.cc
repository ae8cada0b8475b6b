#include "text/corpus/corpus.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/error.h"
#include "text/characters/utf8.h"
#include "text/corpus/corpus_reader.h"

namespace charrnn {
namespace {

std::string text_of(const Corpus& corpus) {
  std::vector<int32_t> ids(corpus.ids.size());
  corpus.ids.copy(0, ids);
  return corpus.vocabulary.text(ids);
}

std::string text_of(const IdView& part, const Vocabulary& vocabulary) {
  std::vector<int32_t> ids(part.size);
  part.copy(0, ids);
  return vocabulary.text(ids);
}

TEST(Corpus, SortsItsVocabularyByCodePoint) {
  const Corpus corpus = corpus_of_text("hello\n\xF0\x9F\x98\x80\xC3\xA9", {}, "test");
  EXPECT_EQ(corpus.vocabulary.symbols(),
            (std::vector<char32_t>{'\n', 'e', 'h', 'l', 'o', 0xE9, 0x1F600}));
  EXPECT_EQ(text_of(corpus), "hello\n\xF0\x9F\x98\x80\xC3\xA9");
  EXPECT_EQ(corpus.bytes, 12);
  EXPECT_EQ(corpus.name, "test");
  EXPECT_EQ(corpus.ids.bytes_per_id(), 1);
}

TEST(Corpus, LowerCasesWhereAsked) {
  CorpusOptions options;
  options.lowercase = true;
  const Corpus corpus = corpus_of_text("Abba \xC3\x84\xC3\xA4", options, "test");
  EXPECT_EQ(text_of(corpus), "abba \xC3\xA4\xC3\xA4");
  EXPECT_EQ(corpus.vocabulary.size(), 4);
  EXPECT_TRUE(corpus.vocabulary.lowercase());
}

TEST(Corpus, RoundTripsTextsOfEveryWidth) {
  std::mt19937 random(5);
  for (const char32_t last : {char32_t{90}, char32_t{700}, char32_t{60000}, char32_t{0x1FFFF}}) {
    std::string text;
    // Growing code points, so that the ids get wider while the text is read.
    for (char32_t symbol = 1; symbol <= last; ++symbol) {
      if (symbol >= 0xD800 && symbol < 0xE000) continue;
      if (symbol == '\r') continue;
      append_utf8(symbol, text);
      append_utf8(static_cast<char32_t>(1 + random() % std::min<char32_t>(symbol, 0xD000)), text);
    }
    CorpusOptions options;
    options.max_vocabulary = 1 << 20;
    const Corpus corpus = corpus_of_text(text, options, "test");
    EXPECT_EQ(corpus.ids.bytes_per_id(), last < 256 ? 1 : last < 65536 ? 2 : 4);
    EXPECT_TRUE(text_of(corpus) == text);
    EXPECT_TRUE(
        std::is_sorted(corpus.vocabulary.symbols().begin(), corpus.vocabulary.symbols().end()));
  }
}

TEST(Corpus, IsTheSameForEveryChunkSize) {
  class Memory : public ByteSource {
   public:
    explicit Memory(std::string_view text) : text_(text) {}
    int64_t size_hint() const override { return 0; }
    bool can_be_read_again() const override { return false; }
    size_t read(std::span<char> buffer) override {
      const size_t count = text_.copy(buffer.data(), std::min<size_t>(buffer.size(), 3));
      text_.remove_prefix(count);
      return count;
    }

   private:
    std::string_view text_;
  };
  const std::string text =
      "\xEF\xBB\xBFOne\r\ntwo\rthree \xE2\x82\xAC\xF0\x9F\x98\x80\n\r\n\xFF\xE2\x80 \xEF\xBB\xBF"
      "end\r";
  CorpusOptions options;
  options.replace_invalid = true;
  options.newline_lf = true;
  const Corpus whole = corpus_of_text(text, options, "test");
  EXPECT_EQ(text_of(whole),
            "One\ntwo\nthree \xE2\x82\xAC\xF0\x9F\x98\x80\n\n\xEF\xBF\xBD\xEF\xBF\xBD "
            "\xEF\xBB\xBF"
            "end\n");
  for (size_t chunk = 1; chunk <= 64; ++chunk) {
    CorpusReader reader(options, chunk);
    Memory source(text);
    reader.read(source, "'test'");
    const Corpus corpus = reader.finish();
    ASSERT_EQ(text_of(corpus), text_of(whole)) << "chunks of " << chunk;
    ASSERT_EQ(corpus.hash, whole.hash);
    ASSERT_EQ(corpus.notes, whole.notes);
    ASSERT_EQ(corpus.bytes, whole.bytes);
    ASSERT_FALSE(corpus.can_be_read_again);
  }
}

TEST(Corpus, HasAHashOfItsContent) {
  const auto hash = [](std::string_view text, Encoding encoding = Encoding::kUtf8) {
    CorpusOptions options;
    options.encoding = encoding;
    return corpus_of_text(text, options, "test").hash;
  };
  EXPECT_EQ(hash("abcabc"), hash("abcabc"));
  EXPECT_NE(hash("abcabc"), hash("abcabb"));
  EXPECT_NE(hash("abcabc"), hash("xyzxyz"));  // the same ids
  EXPECT_NE(hash("aab"), hash("aaba"));
  EXPECT_NE(hash("ab"), hash("ab", Encoding::kBytes));
}

TEST(Corpus, IsSplitAsNanoGptDoes) {
  const Corpus corpus = corpus_of_text("0123456789a", {}, "test");
  const Split parts = split(corpus, 0.1);
  EXPECT_EQ(text_of(parts.training, corpus.vocabulary), "012345678");  // int(9.9)
  EXPECT_EQ(text_of(parts.validation, corpus.vocabulary), "9a");
  EXPECT_EQ(split(corpus, 0).validation.size, 0u);
  const Corpus two = corpus_of_text("ab", {}, "two");
  EXPECT_EQ(split(two, 0.1).training.size, 2u);
  EXPECT_EQ(split(two, 0.1).validation.size, 0u);
  EXPECT_EQ(split(two, 0.5).validation.size, 1u);
  EXPECT_EQ(split(corpus, 1).training.size, 0u);
}

TEST(Corpus, KeepsOneLongLineAndNoFinalNewline) {
  const std::string line(3 << 20, 'x');
  EXPECT_EQ(corpus_of_text(line, {}, "test").ids.size(), line.size());
}

}  // namespace
}  // namespace charrnn
