#include "text/corpus/documents.h"

#include <gtest/gtest.h>

#include <string>

#include "text/batches.h"

namespace charrnn {
namespace {

std::vector<uint8_t> marks_of(const DocumentBorders& borders, IdView text) {
  std::vector<int32_t> ids(text.size);
  text.copy(0, ids);
  std::vector<uint8_t> marks(ids.size(), 7);
  borders.mark(text, 0, ids, marks);
  return marks;
}

TEST(DocumentBorders, OfLinesAreTheirLineFeeds) {
  const Corpus corpus = corpus_of_text("ab\n\nc", {}, "test");
  const auto borders = borders_of(corpus.vocabulary, corpus.document_begins, DocumentKind::kLines);
  EXPECT_TRUE(borders.any());
  EXPECT_EQ(marks_of(borders, view(corpus.ids)), (std::vector<uint8_t>{0, 0, 1, 1, 0}));
  EXPECT_EQ(marks_of(borders, view(corpus.ids).part(2, 2)), (std::vector<uint8_t>{1, 1}));
}

TEST(DocumentBorders, OfFilesAreTheLastCharactersBeforeTheNext) {
  const Corpus corpus = corpus_of_text("a\nb\nc\nd\n", {}, "test");
  const std::vector<size_t> begins = {0, 4, 4, 6};  // an empty file among them
  const auto borders = borders_of(corpus.vocabulary, begins, DocumentKind::kFiles);
  const IdView all = view(corpus.ids);
  EXPECT_EQ(marks_of(borders, all), (std::vector<uint8_t>{0, 0, 0, 1, 0, 1, 0, 0}));
  EXPECT_EQ(marks_of(borders, all.part(3, 3)), (std::vector<uint8_t>{1, 0, 1}));
}

TEST(DocumentBorders, AreNoneWhereTheTextIsOneDocument) {
  const Corpus corpus = corpus_of_text("abc", {}, "test");
  EXPECT_FALSE(borders_of(corpus.vocabulary, corpus.document_begins, DocumentKind::kNone).any());
  EXPECT_FALSE(borders_of(corpus.vocabulary, corpus.document_begins, DocumentKind::kLines).any());
}

TEST(DocumentBorders, StandInEachBatchWhereItsInputsEndADocument) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += i % 7 == 4 || i % 5 == 1 ? '\n' : 'x';
  const Corpus corpus = corpus_of_text(text, {}, "test");
  const auto borders = borders_of(corpus.vocabulary, corpus.document_begins, DocumentKind::kLines);
  MersenneTwister generator(1);
  for (int epoch = 0; epoch < 6; ++epoch) {
    const auto batches = epoch % 2 == 0
                             ? make_window_batches(view(corpus.ids), 3, 4, borders)
                             : make_stream_batches(view(corpus.ids), 3, 4, borders, true);
    batches->start_epoch(epoch, generator);
    BatchIds ids;
    for (int64_t batch = 0; batch < batches->batches_per_epoch(); ++batch) {
      batches->fill(batch, ids);
      ASSERT_EQ(ids.resets.size(), ids.inputs.size());
      for (size_t i = 0; i < ids.inputs.size(); ++i) {
        EXPECT_EQ(ids.resets[i], ids.inputs[i] == *corpus.vocabulary.find(U'\n'));
      }
    }
  }
  BatchIds ids;
  make_stream_batches(view(corpus.ids), 3, 4)->fill(0, ids);
  EXPECT_TRUE(ids.resets.empty());
}

}  // namespace
}  // namespace charrnn
