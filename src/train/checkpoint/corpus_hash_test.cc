#include "train/checkpoint/corpus_hash.h"

#include <gtest/gtest.h>

namespace charrnn {
namespace {

TEST(CorpusHash, HasTheBordersWhereTheTextDoesNotTellThem) {
  Corpus whole = corpus_of_text("one\ntwo\nthree\n", {}, "test");
  Corpus cut = corpus_of_text("one\ntwo\nthree\n", {}, "test");
  whole.document_begins = {0, 8};
  cut.document_begins = {0, 4};
  const uint64_t kept = hash_with_borders(whole, DocumentKind::kFiles);
  EXPECT_TRUE(is_same_corpus(whole, DocumentKind::kFiles, kept));
  EXPECT_FALSE(is_same_corpus(cut, DocumentKind::kFiles, kept));
  for (const DocumentKind kind : {DocumentKind::kNone, DocumentKind::kLines}) {
    EXPECT_TRUE(is_same_corpus(cut, kind, hash_with_borders(whole, kind)));
  }
}

TEST(CorpusHash, OfVersion010IsWithoutBorders) {
  Corpus corpus = corpus_of_text("one\ntwo\nthree\n", {}, "test");
  corpus.document_begins = {0, 8};
  EXPECT_TRUE(is_same_corpus(corpus, DocumentKind::kFiles, corpus.hash));
}

}  // namespace
}  // namespace charrnn
