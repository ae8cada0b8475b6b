#include "text/characters/vocabulary.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "text/characters/lower_case.h"

namespace charrnn {
namespace {

TEST(Vocabulary, EncodesAndDecodesWhatItKnows) {
  const Vocabulary vocabulary({'\n', 'a', 'b', 0xE9, 0x1F600}, Encoding::kUtf8, false);
  const auto encoded = vocabulary.encode("ab\xC3\xA9\xF0\x9F\x98\x80\n");
  EXPECT_EQ(encoded.ids, (std::vector<int32_t>{1, 2, 3, 4, 0}));
  EXPECT_TRUE(encoded.unknown.empty());
  EXPECT_EQ(vocabulary.text(encoded.ids), "ab\xC3\xA9\xF0\x9F\x98\x80\n");
  EXPECT_EQ(vocabulary.text(3), "\xC3\xA9");
  EXPECT_EQ(vocabulary.find('c'), std::nullopt);
}

TEST(Vocabulary, KeepsTheOrderItWasGiven) {
  const Vocabulary vocabulary({'z', 'a'}, Encoding::kUtf8, false);
  EXPECT_EQ(vocabulary.find('z'), 0);
  EXPECT_EQ(vocabulary.text(1), "a");
}

TEST(Vocabulary, SaysWhichCharactersItDoesNotKnowAndWhere) {
  const Vocabulary vocabulary({'a', 'b'}, Encoding::kUtf8, false);
  const auto encoded = vocabulary.encode("aXb\xE2\x80\x99X");
  EXPECT_EQ(encoded.ids, (std::vector<int32_t>{0, 1}));
  ASSERT_EQ(encoded.unknown.size(), 3u);
  EXPECT_EQ(encoded.unknown[0].symbol, U'X');
  EXPECT_EQ(encoded.unknown[1].symbol, U'\u2019');
  EXPECT_EQ(encoded.unknown[1].position, 3u);
  EXPECT_EQ(encoded.unknown[2].position, 4u);
}

TEST(Vocabulary, LowerCasesBeforeLookingUp) {
  const Vocabulary vocabulary({'a', 0xE4, 0x3C3}, Encoding::kUtf8, true);
  EXPECT_EQ(vocabulary.encode("A\xC3\x84\xCE\xA3").ids, (std::vector<int32_t>{0, 1, 2}));
}

TEST(Vocabulary, TakesBytesAsTheyAre) {
  const Vocabulary vocabulary({'a', 0x83, 0xC3, 0xFF}, Encoding::kBytes, true);
  const auto encoded = vocabulary.encode("A\xFF\xC3\x83");
  EXPECT_EQ(encoded.ids, (std::vector<int32_t>{0, 3, 2, 1}));
  EXPECT_EQ(vocabulary.text(encoded.ids), "a\xFF\xC3\x83");
}

TEST(Vocabulary, RefusesTextThatIsNotUtf8) {
  const Vocabulary vocabulary({'a'}, Encoding::kUtf8, false);
  try {
    vocabulary.encode("aa\xFFz");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_STREQ(error.what(), "the text is not UTF-8: bytes ff 7a at byte 2, line 1");
  }
}

TEST(Vocabulary, HoldsEachSymbolOnce) {
  EXPECT_ANY_THROW(Vocabulary({'a', 'a'}, Encoding::kUtf8, false));
  EXPECT_ANY_THROW(Vocabulary({256}, Encoding::kBytes, false));
}

TEST(LowerCase, MapsOneCharacterToOne) {
  EXPECT_EQ(lower_case('Q'), U'q');
  EXPECT_EQ(lower_case(0xC4), U'\u00E4');
  EXPECT_EQ(lower_case(0x416), U'\u0436');
  EXPECT_EQ(lower_case(0x130), U'i');
  EXPECT_EQ(lower_case(0x3A3), U'\u03C3');
  EXPECT_EQ(lower_case(0x4E2D), U'\u4E2D');
  EXPECT_EQ(lower_case(0xC4, Encoding::kBytes), char32_t{0xC4});
}

TEST(LowerCase, MapsWholeTexts) {
  EXPECT_EQ(lower_case("The \xC3\x84 \xF0\x9F\x98\x80 sea\n"),
            "the \xC3\xA4 \xF0\x9F\x98\x80 sea\n");
}

}  // namespace
}  // namespace charrnn
