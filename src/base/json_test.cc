#include "base/json.h"

#include <gtest/gtest.h>

namespace charrnn {
namespace {

std::string why(std::string_view text, const JsonLimits& limits = {}) {
  try {
    parse_json(text, limits);
  } catch (const JsonError& error) {
    return error.what();
  }
  return "";
}

TEST(Json, ReadsWhatTheLibraryReads) {
  const std::string text =
      R"({"a":[1,-2,2.5,"é\n",true,null,{"b":{}},[]],"":[[[]]],"c":18446744073709551615})";
  EXPECT_EQ(parse_json(text), nlohmann::json::parse(text));
  EXPECT_EQ(parse_json("7"), 7);
  EXPECT_EQ(dump_json(JsonOutput::parse(text)), text);
}

TEST(Json, RefusesWhatIsNotJson) {
  for (const char* text : {"", "{", "[1,]", "{\"a\":1,}", "nul", "1 2", "'a'", "\"\xff\"",
                           "\"\\ud800\"", "[1e999]", "// x\n1", "NaN"}) {
    EXPECT_EQ(why(text), "not JSON") << text;
  }
}

TEST(Json, RefusesAKeyThatStandsTwiceInOneObject) {
  EXPECT_EQ(why(R"({"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]})"), "");
  EXPECT_EQ(why(R"({"a":1,"b":2,"a":3})"), "the key \"a\" stands twice");
}

TEST(Json, EndsAtTheDepthItIsToldHoweverDeepTheText) {
  EXPECT_EQ(why(std::string(64, '[') + std::string(64, ']')), "");
  EXPECT_EQ(why(std::string(65, '[') + std::string(65, ']')), "nested deeper than 64");
  EXPECT_EQ(why(std::string(5'000'000, '[')), "nested deeper than 64");
}

TEST(Json, EndsAtTheNumberOfValuesItIsTold) {
  EXPECT_EQ(why("[1,2,3]", {.max_values = 4}), "");
  EXPECT_EQ(why("[1,2,3]", {.max_values = 3}), "more than 3 values");
  EXPECT_EQ(why(R"({"a":1})", {.max_values = 2}), "more than 2 values");
}

TEST(Json, TakesOnlyWholeNumbersWithinTheLimitAsUnsigned) {
  EXPECT_EQ(json_unsigned(parse_json("5"), "n"), 5u);
  EXPECT_EQ(json_unsigned(parse_json("18446744073709551615"), "n"), UINT64_MAX);
  for (const char* text : {"-1", "1e2", "1.0", "18446744073709551616", "\"5\"", "null", "true"}) {
    EXPECT_THROW(json_unsigned(parse_json(text), "n"), JsonError) << text;
  }
  EXPECT_THROW(json_unsigned(parse_json("11"), "n", 10), JsonError);
}

TEST(Json, WritesTextThatIsNotUtf8WithReplacementCharacters) {
  EXPECT_EQ(dump_json("a\xff"), "\"a\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace charrnn
