#include "evaluate/known_text.h"

#include <gtest/gtest.h>

namespace charrnn {
namespace {

TEST(InIdsOf, KeepsTheKnownCharactersInOrderAndCountsTheOthers) {
  const Corpus corpus = corpus_of_text("zebra zoo é", {}, "test");
  const Vocabulary model({U'o', U' ', U'b', U'e', U'a'}, Encoding::kUtf8, false);
  const KnownText text = in_ids_of(model, corpus);
  std::vector<int32_t> ids(text.ids.size());
  text.ids.copy(0, ids);
  EXPECT_EQ(model.text(ids), "eba oo ");
  EXPECT_EQ(text.unknown, (std::vector<char32_t>{U'r', U'z', U'é'}));
  EXPECT_EQ(text.unknown_count(), 4);  // z ebr a z oo é
  const std::vector<UnknownCharacters::Run>& runs = text.unknown_places.runs();
  ASSERT_EQ(runs.size(), 4u);
  EXPECT_EQ(runs[0].before, 0u);
  EXPECT_EQ(runs[1].before, 2u);
  EXPECT_EQ(runs[3].before, 7u);
  std::vector<int32_t> unknown_ids(text.unknown_ids.size());
  text.unknown_ids.copy(0, unknown_ids);
  EXPECT_EQ(unknown_ids, (std::vector<int32_t>{1, 0, 1, 2}));
}

}  // namespace
}  // namespace charrnn
