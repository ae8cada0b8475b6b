#include "base/json/flat_object.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace charrnn {
namespace {

using Members = std::vector<FlatMember>;

TEST(FlatObject, HasTheMembersOfTheObjectItself) {
  Members members{{"old"}};
  ASSERT_TRUE(read_flat_object(
      R"({"a": 1, "b": -2, "c": 0.5, "d": "x", "e": null, "f": [1, {"g": 7}], "h": {"a": 3}, "i": true})",
      members));
  std::string text;
  for (const FlatMember& member : members) {
    text += fmt::format("{}{} ", member.name,
                        member.is_number() ? fmt::format("={}", member.number) : "");
  }
  EXPECT_EQ(text, "a=1 b=-2 c=0.5 d e f h i ");
  EXPECT_EQ(find_member(members, "d")->kind, JsonKind::kText);
  EXPECT_EQ(find_member(members, "f")->kind, JsonKind::kArray);
  EXPECT_EQ(find_member(members, "h")->kind, JsonKind::kObject);
  EXPECT_EQ(find_member(members, "g"), nullptr);
  EXPECT_TRUE(read_flat_object("{}", members) && members.empty());
}

TEST(FlatObject, RefusesWhatIsNone) {
  Members members;
  for (const char* text : {"", " ", "1", "\"a\"", "null", "[]", "[{\"a\": 1}]", "{\"a\": 1",
                           "{\"a\": 1} {", "{\"a\": 1}x", "{\"a\": 1, \"a\": 2}", "{a: 1}"}) {
    EXPECT_FALSE(read_flat_object(text, members)) << text;
  }
}

TEST(FlatObject, HasABoundedNumberOfMembers) {
  const auto text = [](size_t count) {
    std::string object = "{";
    for (size_t i = 0; i < count; ++i) object += fmt::format("{}\"{}\": 0", i ? ", " : "", i);
    return object + "}";
  };
  Members members;
  EXPECT_TRUE(read_flat_object(text(kMaxFlatMembers), members));
  EXPECT_FALSE(read_flat_object(text(kMaxFlatMembers + 1), members));
}

}  // namespace
}  // namespace charrnn
