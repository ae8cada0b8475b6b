#include "model/file/vocabulary_file.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/files/file.h"
#include "base/testing/temporary_folder.h"
#include "model/file/model_file.h"
#include "model/testing/foreign_file.h"

namespace charrnn {
namespace {

class VocabularyFile : public testing::Test {
 protected:
  std::string file(std::string_view content) {
    replace_file(folder_.path("v.json"), content);
    return folder_.path("v.json");
  }

  // "" where it is read, else what is wrong.
  std::string refusal_of(std::string_view content) {
    try {
      read_vocabulary_file(file(content));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kModel);
      return error.what();
    }
    return "";
  }

  TemporaryFolder folder_;
};

TEST_F(VocabularyFile, IsAListOrAnObject) {
  EXPECT_EQ(read_vocabulary_file(file(R"([ "b", "a", "é" ])")), R"(["b","a","é"])");
  EXPECT_EQ(read_vocabulary_file(file(R"({"a": 1, "b": 0, "é": 2})")), R"(["b","a","é"])");
}

TEST_F(VocabularyFile, IsRefusedWhereIdsAreNotThoseOfAList) {
  EXPECT_NE(refusal_of(R"({"a": 0, "b": 0})").find("have the same id"), std::string::npos);
  for (const std::string id : {"2", "-1", "0.5", "\"0\"", "null", "[]"}) {
    EXPECT_NE(refusal_of("{\"a\": " + id + ", \"b\": 0}").find("is not one of 0 to 1"),
              std::string::npos)
        << id;
  }
  for (const std::string bad :
       {"{}", "7", "\"ab\"", "null", "[\"a\"", "", "[[\"a\"]", "{\"a\":0,\"a\":1}"}) {
    EXPECT_NE(refusal_of(bad), "") << bad;
  }
}

TEST_F(VocabularyFile, StandsInForAMissingOneAlone) {
  ForeignFile foreign;
  foreign.metadata.clear();
  const std::string vocabulary = file(R"(["d","c","b","a"])");
  const Model model = parse_model(foreign.bytes(), "m", {.vocabulary = vocabulary});
  EXPECT_EQ(model.vocabulary.symbols(), (std::vector<char32_t>{'d', 'c', 'b', 'a'}));
  EXPECT_THROW(parse_model(foreign.bytes(), "m"), Error);
  EXPECT_THROW(parse_model(foreign.bytes(), "m", {.vocabulary = file(R"(["a","b"])")}), Error);
  EXPECT_THROW(parse_model(ForeignFile().bytes(), "m", {.vocabulary = vocabulary}), Error);
}

}  // namespace
}  // namespace charrnn
