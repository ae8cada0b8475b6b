#include "base/json/json.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "base/json/json_events.h"

namespace charrnn {
namespace {

using Library = nlohmann::json;
using OrderedLibrary = nlohmann::ordered_json;

std::string why(std::string_view text, const JsonLimits& limits = {}) {
  try {
    parse_json(text, limits);
  } catch (const JsonError& error) {
    return error.what();
  }
  return "";
}

// Takes everything; remembers where it ended.
class EndOfText : public JsonEvents {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(int64_t) override { return true; }
  bool number_unsigned(uint64_t) override { return true; }
  bool number_real(double) override { return true; }
  bool string(std::string&) override { return true; }
  bool start_object() override { return true; }
  bool key(std::string&) override { return true; }
  bool end_object() override { return true; }
  bool start_array() override { return true; }
  bool end_array() override { return true; }
  void not_json(size_t offset) override { at = static_cast<int64_t>(offset); }

  int64_t at = -1;  // -1: it is JSON
};

int64_t fault_of(std::string_view text) {
  EndOfText events;
  const bool whole = read_json_events(text, events);
  EXPECT_EQ(whole, events.at < 0);
  return events.at;
}

// The same by an independent reader.
int64_t fault_by_library(std::string_view text) {
  try {
    const Library ignored = Library::parse(text);
  } catch (const Library::parse_error& error) {
    return error.byte == 0 ? 0 : static_cast<int64_t>(error.byte) - 1;
  } catch (const Library::out_of_range&) {
    return -2;  // it does not say where
  }
  return -1;
}

void expect_same_reading(const std::string& text) {
  const int64_t fault = fault_of(text), wanted = fault_by_library(text);
  if (wanted == -2) {
    EXPECT_GE(fault, 0) << text;
  } else {
    EXPECT_EQ(fault, wanted) << text;
  }
  if (wanted != -1 || !why(text).empty()) return;
  const auto dump = Library::parse(text).dump(-1, ' ', false, Library::error_handler_t::replace);
  EXPECT_EQ(dump_json(JsonOutput(parse_json(text))), dump) << text;
}

// A document of every kind of value, badly spaced now and then.
class Documents {
 public:
  std::string next() {
    std::string text;
    add(text, 0);
    return text;
  }

  size_t below(size_t count) { return generator_() % count; }

 private:
  void add(std::string& text, int depth) {
    static constexpr const char* kScalars[] = {"null",
                                               "true",
                                               "false",
                                               "0",
                                               "-0",
                                               "7",
                                               "-12",
                                               "0.5",
                                               "1e3",
                                               "-1.5E-7",
                                               "1e-400",
                                               "18446744073709551615",
                                               "-9223372036854775808",
                                               "18446744073709551616",
                                               "-9223372036854775809",
                                               "123456789e-3",
                                               "\"\"",
                                               "\"a\\n\\u0041\\u00e9\\u20ac\\ud83d\\ude00\\/\\\\\"",
                                               "\"é€😀\x7f\""};
    const size_t kind = below(depth > 4 ? 4 : 7);
    if (kind < 4) {
      text += kScalars[below(std::size(kScalars))];
    } else if (kind == 4) {
      text += std::to_string(static_cast<double>(generator_()) / 1e9);
    } else {
      const bool is_object = kind == 6;
      text += is_object ? '{' : '[';
      const size_t count = below(4);
      for (size_t i = 0; i < count; ++i) {
        if (i > 0) text += below(5) == 0 ? " ,\n\t" : ",";
        if (is_object) text += "\"" + std::string(1, char('z' - i)) + std::to_string(i) + "\": ";
        add(text, depth + 1);
      }
      text += is_object ? '}' : ']';
    }
  }

  std::mt19937_64 generator_{17};
};

TEST(Json, ReadsWhatAnIndependentReaderReads) {
  Documents documents;
  for (int i = 0; i < 5000; ++i) expect_same_reading(documents.next());
}

TEST(Json, RefusesWhatAnIndependentReaderRefusesAndAtTheSameByte) {
  static constexpr std::string_view kBytes =
      "[]{}\",:.-+eE019tfnu\\/ \n\x01\x1f\x7f\x80\xc2\xe0\xed"
      "\xf0\xf4\xff\xbf\xa0\x9f";
  Documents documents;
  for (int i = 0; i < 20000; ++i) {
    std::string text = documents.next();
    for (size_t changes = 1 + documents.below(2); changes > 0; --changes) {
      const size_t at = documents.below(text.size() + 1);
      const char byte = kBytes[documents.below(kBytes.size())];
      const size_t kind = documents.below(3);
      if (kind == 0) text.insert(at, 1, byte);
      if (kind == 1 && at < text.size()) text[at] = byte;
      if (kind == 2) text.resize(at);
    }
    expect_same_reading(text);
  }
  for (const char* text : {"\xef\xbb\xbf[1]", "\xef\xbb", "\xef\xbb\xbf", "1e99999999999999999999",
                           "-1e-99999999999999999999", "0e999999999999", "0.0000e+99999999999999",
                           "1.7976931348623157e308", "1.7976931348623159e308", "2.4e-324",
                           "2.5e-324", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\\uD83D\\uDE0\""}) {
    expect_same_reading(text);
  }
  for (const char* bytes : {"\xed\x9f\xbf", "\xed\xa0\x80", "\xe0\xa0\x80", "\xe0\x9f\xbf",
                            "\xf0\x90\x80\x80", "\xf0\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf",
                            "\xf4\x90\x80\x80", "\xc1\xbf", "\xf5\x80\x80\x80"}) {
    expect_same_reading("\"" + std::string(bytes) + "\"");
  }
  const std::string zeros(400, '0');
  for (const std::string& text : {"1" + zeros, "1" + zeros + "e-100", "0." + zeros + "1",
                                  "0." + zeros + "1e800", "-1" + zeros + ".5"}) {
    expect_same_reading(text);
  }
}

TEST(Json, TakesANulForNoEndOfTheText) {
  using namespace std::string_view_literals;
  EXPECT_EQ(why("1\0"sv), "not JSON");
  EXPECT_EQ(why("[1]\0]"sv), "not JSON");
}

TEST(Json, RefusesWhatIsNotJson) {
  for (const char* text : {"", "{", "[1,]", "{\"a\":1,}", "nul", "1 2", "'a'", "\"\xff\"",
                           "\"\\ud800\"", "[1e999]", "// x\n1", "NaN"}) {
    EXPECT_EQ(why(text), "not JSON") << text;
  }
  try {
    parse_json("[1, 2 3]");
    FAIL();
  } catch (const JsonError& error) {
    EXPECT_EQ(error.offset(), 6u);
  }
}

TEST(Json, RefusesAKeyThatStandsTwiceInOneObject) {
  EXPECT_EQ(why(R"({"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]})"), "");
  EXPECT_EQ(why(R"({"a":1,"b":2,"a":3})"), "the key \"a\" stands twice");
  EXPECT_EQ(why(R"({"a":1,"a":2,)"), "the key \"a\" stands twice") << "what comes first counts";
}

TEST(Json, EndsAtTheDepthItIsToldHoweverDeepTheText) {
  EXPECT_EQ(why(std::string(64, '[') + std::string(64, ']')), "");
  EXPECT_EQ(why(std::string(65, '[') + std::string(65, ']')), "nested deeper than 64");
  EXPECT_EQ(why(std::string(5'000'000, '[')), "nested deeper than 64");
  EXPECT_EQ(fault_of(std::string(5'000'000, '[')), 5'000'000) << "reading itself has no limit";
}

TEST(Json, EndsAtTheNumberOfValuesItIsTold) {
  EXPECT_EQ(why("[1,2,3]", {.max_values = 4}), "");
  EXPECT_EQ(why("[1,2,3]", {.max_values = 3}), "more than 3 values");
  EXPECT_EQ(why(R"({"a":1})", {.max_values = 2}), "more than 2 values");
}

// Keys that come backwards would take minutes where each moved all those before it.
TEST(Json, ReadsAsManyKeysAsItMayInWhateverOrder) {
  std::string text = "{";
  for (int i = 499'998; i >= 0; --i) text += "\"" + std::to_string(1'000'000 + i) + "\":0,";
  text.back() = '}';
  const JsonValue value = parse_json(text);
  EXPECT_EQ(value.size(), 499'999u);
  EXPECT_EQ(value.items().front().key, "1000000");
  EXPECT_TRUE(value.contains("1499998"));
  EXPECT_FALSE(value.contains("1499999"));
}

TEST(Json, TakesOnlyWholeNumbersWithinTheLimitAsUnsigned) {
  EXPECT_EQ(json_unsigned(parse_json("5"), "n"), 5u);
  EXPECT_EQ(json_unsigned(parse_json("18446744073709551615"), "n"), UINT64_MAX);
  for (const char* text :
       {"-1", "-0", "1e2", "1.0", "18446744073709551616", "\"5\"", "null", "true"}) {
    EXPECT_THROW(json_unsigned(parse_json(text), "n"), JsonError) << text;
  }
  EXPECT_THROW(json_unsigned(parse_json("11"), "n", 10), JsonError);
}

TEST(Json, RefusesToBeWhatItIsNot) {
  const JsonValue value = parse_json(R"({"text":"a","number":1.5,"list":[1]})");
  EXPECT_THROW(value["text"].get<double>(), JsonError);
  EXPECT_THROW(value["number"].get<std::string>(), JsonError);
  EXPECT_THROW(value["number"].get<bool>(), JsonError);
  EXPECT_THROW(value["list"].get<std::vector<std::string>>(), JsonError);
  EXPECT_THROW(value.at("other"), JsonError);
  EXPECT_THROW(value.at(0), JsonError);
  EXPECT_THROW(value["list"][1], JsonError);
  EXPECT_THROW(value["text"].begin(), JsonError);
  EXPECT_THROW(value["list"].items(), JsonError);
  EXPECT_THROW(JsonValue(1e19).get<int64_t>(), JsonError);
  EXPECT_THROW(JsonValue(std::nan("")).get<int64_t>(), JsonError);
  EXPECT_EQ(value["number"].get<int>(), 1);
  EXPECT_EQ(value["list"].get<std::vector<int64_t>>(), std::vector<int64_t>{1});
  JsonOutput number = 1;
  EXPECT_THROW(number["a"], JsonError);
  EXPECT_THROW(number.push_back(1), JsonError);
}

TEST(Json, IsEqualWhereItsValuesAre) {
  EXPECT_EQ(parse_json("[1,-1,2.0]"), JsonValue::array({1, -1, 2}));
  EXPECT_FALSE(parse_json("18446744073709551615") == JsonValue(-1));
  EXPECT_FALSE(parse_json("1") == parse_json("true"));
  EXPECT_EQ(parse_json(R"({"b":1,"a":[null]})"), parse_json(R"({"a":[null],"b":1})"));
  EXPECT_FALSE(parse_json(R"({"a":1})") == parse_json(R"({"b":1})"));
}

TEST(Json, BracesMakeWhatTheyMakeInTheLibrary) {
  const auto check = [](const JsonOutput& ours, const OrderedLibrary& theirs) {
    EXPECT_EQ(dump_json(ours), theirs.dump());
  };
  const std::vector<float> values = {1.5f, -2};
  check({{"id", 1}, {"top", {1, 2}}}, {{"id", 1}, {"top", {1, 2}}});
  check({{"a", "b"}}, {{"a", "b"}});
  check({"a", "b"}, {"a", "b"});
  check({{"a", 1}, {2, 3}}, {{"a", 1}, {2, 3}});
  check({{"a", {{"b", nullptr}, {"c", true}}}, {"d", values}},
        {{"a", {{"b", nullptr}, {"c", true}}}, {"d", values}});
}

TEST(Json, KeepsMembersAsTheyWerePutInOrSortsThem) {
  JsonOutput output = {{"b", 1}, {"a", 2}};
  output["c"]["d"] = 3;
  output["b"] = 4;
  output.append("aa", 5);
  EXPECT_EQ(dump_json(output), R"({"b":4,"a":2,"c":{"d":3},"aa":5})");
  output.update({{"a", nullptr}, {"e", JsonOutput::array()}});
  EXPECT_EQ(dump_json(output), R"({"b":4,"a":null,"c":{"d":3},"aa":5,"e":[]})");
  JsonValue value(output);
  value["ab"] = "x";
  EXPECT_EQ(dump_json(JsonOutput(value)), R"({"a":null,"aa":5,"ab":"x","b":4,"c":{"d":3},"e":[]})");
  const JsonValue copy = value;
  value["ab"] = 1;
  EXPECT_EQ(copy["ab"], "x");
}

TEST(Json, WritesNumbersAsTheLibraryDoes) {
  const auto check = [](auto number) {
    EXPECT_EQ(dump_json(number), OrderedLibrary(number).dump()) << number;
  };
  std::mt19937_64 generator(5);
  for (int i = 0; i < 200'000; ++i) {
    check(std::bit_cast<double>(generator()));
    check(static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(generator()))));
    check(static_cast<int64_t>(generator()) >> generator() % 64);
    check(std::bit_cast<double>(generator() >> 12));  // denormal
  }
  for (int power = -20; power <= 25; ++power) {
    for (const double digits : {1.0, -1.0, 1.5, 9.999999999999999, 1.2345678901234567}) {
      check(digits * std::pow(10, power));
    }
  }
  for (const double value :
       {0.0, -0.0, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 1e15, 1e16,
        999999999999999.0, 9007199254740993.0, HUGE_VAL, -HUGE_VAL, std::nan("")}) {
    check(value);
  }
  check(UINT64_MAX);
  check(INT64_MIN);
}

TEST(Json, WritesTextThatIsNotUtf8WithReplacementCharacters) {
  EXPECT_EQ(dump_json("a\xff"), "\"a\xEF\xBF\xBD\"");
  std::mt19937_64 generator(6);
  static constexpr std::string_view kBytes =
      "a\"\\/\b\f\n\r\t\x01\x1f\x7f\x80\xbf\x9f\xa0\x8f\x90\xc1\xc2\xdf\xe0\xe1\xed\xef\xf0\xf1\xf4"
      "\xf5\xff";
  for (int i = 0; i < 100'000; ++i) {
    std::string text;
    for (size_t length = generator() % 9; length > 0; --length) {
      text += kBytes[generator() % kBytes.size()];
    }
    EXPECT_EQ(dump_json(text),
              Library(text).dump(-1, ' ', false, Library::error_handler_t::replace));
  }
}

}  // namespace
}  // namespace charrnn
