#include "model/file/safetensors.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "base/testing/temporary_folder.h"
#include "model/testing/raw_safetensors.h"

namespace charrnn {
namespace {

using namespace std::string_literals;

constexpr std::string_view kGood = R"({"a":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]}})";
const std::string kZeros(16, '\0');

std::string tensor(std::string_view dtype, std::string_view shape, std::string_view offsets) {
  return fmt::format(R"({{"dtype":"{}","shape":{},"data_offsets":{}}})", dtype, shape, offsets);
}

// One tensor 'a' over `size` bytes.
std::string refusal_of_tensor(const std::string& value, size_t size) {
  return refusal(raw_safetensors("{\"a\":" + value + "}", std::string(size, '\0')));
}

TEST(Safetensors, KeepsEveryTypeShapeAndText) {
  const TemporaryFolder folder;
  const std::vector<float> f = {1.5f, -0.0f, 3e-40f, 4, 5, 6};
  const std::vector<double> d = {0.1};
  const std::vector<int32_t> i = {-1, 1 << 30, 7};
  const std::vector<uint32_t> u(624, 0xDEADBEEF);
  const std::vector<int64_t> l = {-1};
  const std::vector<uint64_t> ul = {UINT64_MAX};
  const std::vector<uint8_t> b = {1, 2, 3, 4, 5};
  const std::map<std::string, std::string> metadata = {{"a \"b\"", "ü\n\0z"s}, {"empty", ""}};
  write_safetensors(folder.path("f"),
                    {{"u8", {5}, std::span(b)},
                     {"f32", {2, 3}, std::span(f)},
                     {"f64", {}, std::span(d)},
                     {"i32", {3, 1}, std::span(i)},
                     {"u32", {624}, std::span(u)},
                     {"i64", {1}, std::span(l)},
                     {"u64", {1}, std::span(ul)},
                     {"none", {0, 4}, std::span<const float>()}},
                    metadata);
  const SafetensorsFile file = SafetensorsFile::read(folder.path("f"));
  EXPECT_EQ(file.values<float>("f32"), f);
  EXPECT_EQ(file.values<double>("f64"), d);
  EXPECT_EQ(file.values<int32_t>("i32"), i);
  EXPECT_EQ(file.values<uint32_t>("u32"), u);
  EXPECT_EQ(file.values<int64_t>("i64"), l);
  EXPECT_EQ(file.values<uint64_t>("u64"), ul);
  EXPECT_EQ(file.values<uint8_t>("u8"), b);
  EXPECT_TRUE(file.values<float>("none").empty());
  EXPECT_EQ(file.at("f32").shape, (std::vector<int64_t>{2, 3}));
  for (const auto& [key, value] : metadata) EXPECT_EQ(file.metadata().at(key), value);
  EXPECT_EQ(file.metadata().at("format"), "pt");
}

TEST(Safetensors, AreWrittenWithTheLargestAlignmentFirstAndAHeaderOfWholeWords) {
  const TemporaryFolder folder;
  const std::vector<uint8_t> b = {1};
  const std::vector<float> f = {1};
  const std::vector<uint64_t> u = {1};
  write_safetensors(folder.path("f"),
                    {{"a", {1}, std::span(b)},
                     {"c", {1}, std::span(f)},
                     {"b", {1}, std::span(f)},
                     {"d", {1}, std::span(u)}},
                    {});
  const SafetensorsFile file = SafetensorsFile::read(folder.path("f"));
  std::string names;
  for (const auto& entry : file.entries()) names += entry.name;
  EXPECT_EQ(names, "dbca");
  EXPECT_EQ((file.bytes() - 17) % 8, 0u);
}

TEST(Safetensors, ReadsWhatTheReferenceReaderReads) {
  EXPECT_EQ(refusal(raw_safetensors(kGood, kZeros)), "");
  EXPECT_EQ(refusal(raw_safetensors("{}", "")), "");
  EXPECT_EQ(refusal(raw_safetensors("{}\r \t\n", "")), "");
  EXPECT_EQ(refusal(raw_safetensors(" \n{}", "")), "");
  EXPECT_EQ(refusal(raw_safetensors(R"({"__metadata__":{}})", "")), "");
  EXPECT_EQ(refusal_of_tensor(tensor("F32", "[]", "[0,4]"), 4), "");
  EXPECT_EQ(refusal_of_tensor(tensor("F32", "[0,5]", "[0,0]"), 0), "");
}

TEST(Safetensors, AreReadInWhateverOrderTheyLie) {
  const SafetensorsFile file(
      raw_safetensors(R"({"b":{"data_offsets":[1,5],"shape":[1],"dtype":"F32"},)"
                      R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                      "\x07\x00\x00\x80\x3f"s),
      "m");
  EXPECT_EQ(file.values<uint8_t>("a"), std::vector<uint8_t>{7});
  EXPECT_EQ(file.values<float>("b"), std::vector<float>{1});
}

TEST(Safetensors, SmallerAndLargerRealNumbersBecomeFloat32) {
  const auto read = [](std::string_view dtype, const std::string& data, int count) {
    const SafetensorsFile file(
        raw_safetensors(fmt::format(R"({{"a":{}}})", tensor(dtype, fmt::format("[{}]", count),
                                                            fmt::format("[0,{}]", data.size()))),
                        data),
        "m");
    std::vector<float> values(count);
    file.read_floats(file.at("a"), values);
    return values;
  };
  EXPECT_EQ(read("F16", "\x00\x3c\x00\xc0"s, 2), (std::vector<float>{1, -2}));
  EXPECT_EQ(read("BF16", "\x80\x3f\x00\xc0"s, 2), (std::vector<float>{1, -2}));
  EXPECT_EQ(read("F64", "\x00\x00\x00\x00\x00\x00\xf8\x3f"s, 1), std::vector<float>{1.5f});
}

TEST(Safetensors, OfOtherTypesAreRefusedByName) {
  for (const char* dtype :
       {"BOOL", "F4", "F6_E2M3", "I8", "F8_E5M2", "I16", "U16", "C64", "f32", ""}) {
    const std::string message = refusal_of_tensor(tensor(dtype, "[1]", "[0,4]"), 4);
    EXPECT_NE(message.find(fmt::format("type '{}'", dtype)), std::string::npos) << message;
  }
}

TEST(Safetensors, CutOffAnywhereAreRefused) {
  const std::string whole = raw_safetensors(kGood, kZeros);
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(refusal(whole.substr(0, size)), "") << size;
  }
  EXPECT_NE(refusal(whole + "x").find("1 bytes follow the last tensor"), std::string::npos);
}

TEST(Safetensors, WithALyingHeaderLengthAreRefused) {
  const std::string rest = std::string(kGood) + kZeros;
  for (const uint64_t length :
       {uint64_t{0}, uint64_t{1}, uint64_t{rest.size() + 8}, uint64_t{rest.size()} + 1,
        uint64_t{100'000'000}, uint64_t{100'000'001}, uint64_t{1} << 63, UINT64_MAX,
        UINT64_MAX - 7}) {
    EXPECT_NE(refusal(length_bytes(length) + rest), "") << length;
  }
}

TEST(Safetensors, WithAHeaderThatIsNotAnObjectAreRefused) {
  for (const char* header : {"[]", "7", "null", "\"a\"", "", "   ", "{", "{}{}", "\xef\xbb\xbf{}",
                             "{\"\xff\":1}", "{\"a\":1}", "{\"a\":null}", "{\"a\":[]}",
                             "{\"a\":{}}", "{\"__metadata__\":[]}", "{\"__metadata__\":\"x\"}"}) {
    EXPECT_NE(refusal(raw_safetensors(header, "")), "") << header;
  }
}

TEST(Safetensors, WithEndlessNestingOrCountsAreRefused) {
  EXPECT_NE(refusal(raw_safetensors("{\"a\":" + std::string(1'000'000, '['), "")), "");
  EXPECT_NE(refusal(raw_safetensors(std::string(1'000'000, '{'), "")), "");
  std::string nested;
  for (int i = 0; i < 100'000; ++i) nested += "{\"a\":";
  EXPECT_NE(refusal(raw_safetensors(nested, "")), "");
  std::string many = "{";
  for (int i = 0; i < 100'001; ++i) {
    many += fmt::format("\"{}\":{},", i, tensor("U8", "[0]", "[0,0]"));
  }
  many.back() = '}';
  EXPECT_NE(refusal(raw_safetensors(many, "")).find("more than 100000 tensors"), std::string::npos);
}

TEST(Safetensors, WithAnythingTwiceAreRefused) {
  const std::string a = tensor("U8", "[0]", "[0,0]");
  EXPECT_NE(refusal(raw_safetensors("{\"a\":" + a + ",\"a\":" + a + "}", "")).find("twice"),
            std::string::npos);
  for (const char* header :
       {R"({"__metadata__":{},"__metadata__":{}})", R"({"__metadata__":{"a":"1","a":"2"}})",
        R"({"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}})",
        R"({"a":{"dtype":"U8","shape":[0],"shape":[0],"data_offsets":[0,0]}})"}) {
    EXPECT_NE(refusal(raw_safetensors(header, "")).find("twice"), std::string::npos) << header;
  }
}

TEST(Safetensors, WithMetadataThatIsNotTextAreRefused) {
  for (const char* value : {"1", "-1", "1.5", "null", "true", "[]", "{}", "[\"x\"]"}) {
    const std::string header = fmt::format(R"({{"__metadata__":{{"a":{}}}}})", value);
    EXPECT_NE(refusal(raw_safetensors(header, "")), "") << value;
  }
}

TEST(Safetensors, WithBadOffsetsAreRefusedAndTheTensorNamed) {
  for (const char* offsets :
       {"[-4,0]", "[0.0,4]", "[0,4.0]", "[4,0]", "[0]", "[]", "[0,4,4]", "4", "null", "\"0,4\"",
        "[0,5]", "[0,3]", "[1,5]", "[0,18446744073709551615]", "[18446744073709551612,0]",
        "[0,18446744073709551616]", "[null,4]", "[[0],4]"}) {
    const std::string message = refusal_of_tensor(tensor("F32", "[1]", offsets), 4);
    EXPECT_NE(message.find("tensor 'a'"), std::string::npos) << offsets << ": " << message;
  }
}

TEST(Safetensors, WithHolesOrOverlapsAreRefused) {
  const auto two = [](std::string_view first, std::string_view second) {
    return fmt::format(R"({{"a":{},"b":{}}})", tensor("U8", "[4]", first),
                       tensor("U8", "[4]", second));
  };
  EXPECT_EQ(refusal(raw_safetensors(two("[4,8]", "[0,4]"), std::string(8, 'x'))), "");
  for (const auto& header : {two("[0,4]", "[5,9]"), two("[0,4]", "[3,7]"), two("[0,4]", "[0,4]"),
                             two("[1,5]", "[5,9]"), two("[0,4]", "[6,10]")}) {
    for (size_t size = 4; size < 12; ++size) {
      EXPECT_NE(refusal(raw_safetensors(header, std::string(size, 'x'))), "") << header << size;
    }
  }
}

TEST(Safetensors, WithShapesThatRunOverAreRefused) {
  for (const char* shape :
       {"[2,18446744073709551614]", "[2,9223372036854775807]", "[4611686018427387904]",
        "[4294967296,4294967296]", "[9223372036854775807,9223372036854775807,0]",
        "[18446744073709551616]", "[-1]", "[1.0]", "[\"1\"]", "[[1]]", "[null]", "1", "null"}) {
    for (const char* offsets : {"[0,0]", "[0,4]"}) {
      EXPECT_NE(refusal_of_tensor(tensor("F32", shape, offsets), offsets[3] - '0'), "") << shape;
    }
  }
  std::string deep = "[1";
  for (int i = 1; i < 100; ++i) deep += ",1";
  EXPECT_NE(refusal_of_tensor(tensor("F32", deep + "]", "[0,4]"), 4).find("dimensions"),
            std::string::npos);
}

TEST(Safetensors, WithAnUnknownOrMissingFieldAreRefused) {
  for (const char* value :
       {R"({"shape":[1],"data_offsets":[0,4]})", R"({"dtype":"F32","data_offsets":[0,4]})",
        R"({"dtype":"F32","shape":[1]})",
        R"({"dtype":"F32","shape":[1],"data_offsets":[0,4],"strides":[1]})",
        R"({"dtype":7,"shape":[1],"data_offsets":[0,4]})"}) {
    EXPECT_NE(refusal_of_tensor(value, 4), "") << value;
  }
}

TEST(Safetensors, WithNumbersThatChangedAreRefused) {
  const TemporaryFolder folder;
  const std::vector<float> values(33, 1.0f);
  write_safetensors(folder.path("f"), {{"a", {33}, std::span(values)}}, {});
  const std::string good = read_file(folder.path("f"));
  EXPECT_EQ(refusal(good), "");
  for (size_t i = good.size() - 33 * 4; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_NE(refusal(bad).find("CRC-32"), std::string::npos) << i;
  }
}

// A program that loads the file, trains and saves again may pass on the metadata as it was.
TEST(Safetensors, OfAnotherProgramMayCarryOurOldChecksum) {
  EXPECT_EQ(
      refusal(raw_safetensors(
          R"({"__metadata__":{"data_crc32":"00000001"},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
          "x")),
      "");
}

TEST(Safetensors, OfAnotherTypeOrSizeThanAskedForAreAnError) {
  const SafetensorsFile file(raw_safetensors(kGood, kZeros), "m");
  EXPECT_THROW(file.values<float>("a"), Error);
  EXPECT_THROW(file.values<int32_t>("b"), Error);
  std::vector<int32_t> five(5);
  EXPECT_THROW(file.read<int32_t>("a", five), Error);
}

}  // namespace
}  // namespace charrnn
