#include "generate/prompt.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace charrnn {
namespace {

Vocabulary vocabulary_of(std::u32string_view symbols, bool lowercase = false) {
  return Vocabulary({symbols.begin(), symbols.end()}, Encoding::kUtf8, lowercase);
}

std::string hint_of(std::string_view text, const Vocabulary& vocabulary) {
  try {
    encode_prompt(text, vocabulary);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    return std::string(error.what()) + " | " + error.hint();
  }
  return "no error";
}

TEST(EncodePrompt, ReadsWhatTheModelKnows) {
  const Prompt prompt = encode_prompt("baé", vocabulary_of(U"abé"));
  EXPECT_EQ(prompt.ids, (std::vector<int32_t>{1, 0, 2}));
  EXPECT_EQ(prompt.text, "baé");
  EXPECT_EQ(encode_prompt("BAÉ", vocabulary_of(U"abé", true)).text, "baé");
}

TEST(EncodePrompt, ListsUnknownCharactersWithWhatToWriteInstead) {
  const std::string message = hint_of("ab“Zé”“", vocabulary_of(U"ab\"ez"));
  for (const char* part : {"'“'", "'Z'", "'é'", "'”'", "character 3", "for '“' write '\"'",
                           "for 'é' write 'e'", "for 'Z' write 'z'", "--unknown skip"}) {
    EXPECT_NE(message.find(part), std::string::npos) << part << " in " << message;
  }
  EXPECT_EQ(hint_of("日", vocabulary_of(U"ab")).find("write"), std::string::npos);
}

TEST(EncodePrompt, SkipsUnknownCharactersWhereAsked) {
  const Prompt prompt = encode_prompt("aXbYa", vocabulary_of(U"ab"), UnknownRule::kSkip);
  EXPECT_EQ(prompt.text, "aba");
  ASSERT_EQ(prompt.skipped.size(), 2u);
  EXPECT_EQ(prompt.skipped[1].symbol, U'Y');
  EXPECT_EQ(prompt.skipped[1].position, 3u);
}

TEST(EncodePrompt, RefusesWhatIsNotUtf8) {
  EXPECT_THROW(encode_prompt("a\xff", vocabulary_of(U"a"), UnknownRule::kSkip), Error);
}

TEST(NearestKnown, FindsLookAlikesBothWays) {
  EXPECT_EQ(nearest_known(U'’', vocabulary_of(U"a'")), U'\'');
  EXPECT_EQ(nearest_known(U'“', vocabulary_of(U"a'")), U'\'');
  EXPECT_EQ(nearest_known(U'“', vocabulary_of(U"'\"")), U'"');
  EXPECT_EQ(nearest_known(U'\'', vocabulary_of(U"a’")), U'’');
  EXPECT_EQ(nearest_known(U'—', vocabulary_of(U"-–")), U'-');
  EXPECT_EQ(nearest_known(U'\u00a0', vocabulary_of(U"a ")), U' ');
  EXPECT_EQ(nearest_known(U'…', vocabulary_of(U".")), U'.');
  EXPECT_EQ(nearest_known(U'•', vocabulary_of(U".,")), U'.');
  EXPECT_EQ(nearest_known(U'‛', vocabulary_of(U"'")), U'\'');
  EXPECT_EQ(nearest_known(U'«', vocabulary_of(U"\"")), U'"');
  EXPECT_EQ(nearest_known(U'−', vocabulary_of(U"-")), U'-');
  EXPECT_EQ(nearest_known(U'\t', vocabulary_of(U" ")), U' ');
  EXPECT_EQ(nearest_known(U'\r', vocabulary_of(U"\n")), U'\n');
  EXPECT_EQ(nearest_known(U'É', vocabulary_of(U"e")), U'e');
  EXPECT_EQ(nearest_known(U'ﬁ', vocabulary_of(U"f")), U'f');
  EXPECT_EQ(nearest_known(U'q', vocabulary_of(U"abc")), std::nullopt);
}

TEST(Unescape, UnderstandsTheUsualEscapes) {
  EXPECT_EQ(unescape(R"(a\nb\t\\n\x41\u00e9\"\'\r)"), "a\nb\t\\nAé\"'\r");
  EXPECT_EQ(unescape(R"(\0)"), std::string(1, '\0'));
}

TEST(Unescape, RefusesEscapesThatMeanNothing) {
  for (const char* text : {"\\", "\\q", "\\x", "\\x4", "\\xg1", "\\u12", "\\u12g4", "\\ud800"}) {
    EXPECT_THROW(unescape(text), Error) << text;
  }
}

}  // namespace
}  // namespace charrnn
