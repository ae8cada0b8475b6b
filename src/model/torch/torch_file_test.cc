#include "model/torch/torch_file.h"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include "base/error.h"
#include "model/testing/torch_archive.h"

namespace charrnn {
namespace {

using namespace std::string_literals;

std::string floats(int count) {
  std::vector<float> values(static_cast<size_t>(count));
  std::iota(values.begin(), values.end(), 0.0f);
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

std::vector<float> values_of(const TorchTensor& tensor) {
  std::string bytes;
  tensor.append_values(bytes);
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

// Of a whole file: the message of its Error (kModel), or "" where it is read.
std::string refusal_of(const std::string& file) {
  try {
    read_torch_file(file, "m.pt");
  } catch (const Error& error) {
    EXPECT_NE(error.hint(), "");
    return error.kind() == ErrorKind::kModel ? error.what() : "not kModel: " + error.code();
  }
  return "";
}

// Of a pickle beside one storage of 12 floats.
std::string refusal_of_pickle(const std::string& pickle) {
  return refusal_of(torch_archive(pickle, {{"0", floats(12)}}));
}

const PickledTensor kMatrix = {.elements = 12, .shape = {3, 4}, .strides = {4, 1}};

PickledTensor with(const std::function<void(PickledTensor&)>& change) {
  PickledTensor tensor = kMatrix;
  change(tensor);
  return tensor;
}

std::string only(const PickledTensor& tensor) { return pickled_dict({{"w", tensor.text()}}); }

TEST(TorchFile, ReadsTensorsInTheirShapes) {
  const std::string file =
      torch_archive(pickled_dict({{"b", PickledTensor{"1", "FloatStorage", 2, {2}, {1}}.text()},
                                  {"a", kMatrix.text()}}),
                    {{"0", floats(12)}, {"1", floats(2)}});
  const auto tensors = read_torch_file(file, "m.pt");
  ASSERT_EQ(tensors.size(), 2u);
  EXPECT_EQ(tensors[0].name, "a");
  EXPECT_EQ(tensors[0].shape, (std::vector<int64_t>{3, 4}));
  EXPECT_EQ(values_of(tensors[0]), (std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
  EXPECT_EQ(values_of(tensors[1]), (std::vector<float>{0, 1}));
}

// A transposed view and one of some columns, of the storage of a 3 × 4 matrix.
TEST(TorchFile, FollowsStridesAndOffsets) {
  const std::string file = torch_archive(pickled_dict({{"t", with([](auto& t) {
                                                               t.shape = {4, 3}, t.strides = {1, 4};
                                                             }).text()},
                                                       {"v", with([](auto& t) {
                                                               t.shape = {3, 2}, t.offset = 1;
                                                             }).text()}}),
                                         {{"0", floats(12)}});
  const auto tensors = read_torch_file(file, "m.pt");
  ASSERT_EQ(tensors.size(), 2u);
  EXPECT_EQ(values_of(tensors[0]), (std::vector<float>{0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11}));
  EXPECT_EQ(values_of(tensors[1]), (std::vector<float>{1, 2, 5, 6, 9, 10}));
}

TEST(TorchFile, TakesTheOneStateDictOfACheckpoint) {
  const std::string state = only(kMatrix);
  const std::string file =
      torch_archive(pickled_dict({{"epoch", pickled(3)}, {"model", state}, {"note", pickled("x")}}),
                    {{"0", floats(12)}});
  EXPECT_EQ(read_torch_file(file, "m.pt").at(0).name, "w");
  EXPECT_NE(refusal_of_pickle(pickled_dict({{"ema", state}, {"model", state}}))
                .find("several dicts in it hold tensors: 'ema', 'model'"),
            std::string::npos);
}

TEST(TorchFile, ExecutesNothing) {
  const std::string call = "cposix\nsystem\n" + pickled("true") + "\x85R";
  for (const auto& [pickle, why] : std::vector<std::pair<std::string, std::string>>{
           {call, "it names 'posix.system'"},
           {pickled("posix") + pickled("system") + "\x93", "it names 'posix.system'"},
           {pickled_dict({{"w", kMatrix.text()}, {"x", call}}), "it names 'posix.system'"},
           {"cbuiltins\neval\n", "it names 'builtins.eval'"},
           {"ctorch\nload\n", "it names 'torch.load'"},
           {"(i__main__\nNet\n", "instruction 0x69"},
           {"c__main__\nNet\n)\x81", "it names '__main__.Net'"},
           {pickled("x") + ")R", "it calls what is no function"},
           {"ctorch\nFloatStorage\n)R", "it calls FloatStorage"},
           {"](tb", "it sets attributes"}}) {
    EXPECT_NE(refusal_of_pickle(pickle).find(why), std::string::npos) << why << "\n"
                                                                      << refusal_of_pickle(pickle);
  }
}

TEST(TorchFile, RefusesDamagedPickles) {
  for (const auto& [pickle, why] : std::vector<std::pair<std::string, std::string>>{
           {"", "its stack is empty"},
           {"}(" + pickled("w") + "u", "a key in it has no value"},
           {"t", "no mark"},
           {"h\x07", "it refers to a value that is not there"},
           {"X\xFF\xFF\xFF\x7F", "it is cut off"},
           {"c", "it is cut off"},
           {"\x8A\xFF", "it is cut off"},
           {"\x80\x09", "its protocol is unknown"},
           {"X\x01\0\0\0\xFF"s, "a text in it is not UTF-8"},
           {")Q", "no storage of numbers"},
           {"}", "it holds no dict of tensors"}}) {
    EXPECT_NE(refusal_of_pickle(pickle).find(why), std::string::npos) << why << "\n"
                                                                      << refusal_of_pickle(pickle);
  }
}

TEST(TorchFile, StaysWithinTheStorage) {
  const auto refused = [](const std::function<void(PickledTensor&)>& change) {
    return refusal_of_pickle(only(with(change)));
  };
  const auto is = [](const std::string& text, const char* why) {
    return text.find(why) != std::string::npos;
  };
  EXPECT_EQ(refused([](auto&) {}), "");
  EXPECT_TRUE(is(refused([](auto& t) { t.offset = 1; }), "beyond its storage"));
  EXPECT_TRUE(is(refused([](auto& t) { t.offset = 13, t.shape = {0, 4}; }), "beyond its storage"));
  EXPECT_TRUE(is(refused([](auto& t) { t.offset = -1; }), "no usable size"));
  EXPECT_TRUE(is(refused([](auto& t) { t.strides = {5, 1}; }), "beyond its storage"));
  EXPECT_TRUE(is(refused([](auto& t) { t.strides = {-4, 1}; }), "no usable size"));
  EXPECT_TRUE(is(refused([](auto& t) { t.strides = {4}; }), "no usable shape"));
  EXPECT_TRUE(is(refused([](auto& t) { t.strides[0] = 2147483647; }), "beyond its storage"));
  EXPECT_TRUE(is(refused([](auto& t) { t.elements = 13; }), "48 bytes for 13 elements"));
  EXPECT_TRUE(is(refused([](auto& t) { t.type = "DoubleStorage"; }), "48 bytes for 12"));
  EXPECT_TRUE(is(refused([](auto& t) { t.type = "BoolStorage"; }), "torch.BoolStorage"));
  EXPECT_TRUE(is(refused([](auto& t) { t.storage = "1"; }), "it lacks 'archive/data/1'"));
  // One value that is spread over a million takes no more memory than the file has.
  EXPECT_TRUE(is(refused([](auto& t) {
                   t.shape = {1000, 1000}, t.strides = {0, 0};
                 }),
                 "more values than it stores"));
  EXPECT_TRUE(is(refused([](auto& t) {
                   t.shape = std::vector<int64_t>(32, 2147483647);
                   t.strides = std::vector<int64_t>(32, 0);
                 }),
                 "more values than it stores"));
}

TEST(TorchFile, RefusesDamagedArchives) {
  const ArchiveFiles files = {{"a/data.pkl", "\x80\x02}."}};
  const std::string good = stored_zip(files);
  EXPECT_NE(refusal_of(good).find("it holds no dict of tensors"), std::string::npos);
  for (size_t size = 0; size < good.size(); ++size) {
    EXPECT_NE(refusal_of(good.substr(0, size)).find("not a usable zip"), std::string::npos) << size;
  }
  EXPECT_NE(refusal_of(stored_zip(files, 8)).find("'a/data.pkl' is compressed"), std::string::npos);
  std::string changed = good;
  changed[64] ^= 1;  // the first byte of the data
  EXPECT_NE(refusal_of(changed).find("checksum of 'a/data.pkl' is wrong"), std::string::npos);
  EXPECT_NE(refusal_of(stored_zip({{"a/x", ""}})).find("it has no data.pkl"), std::string::npos);
  EXPECT_NE(refusal_of(stored_zip({files[0], files[0]})).find("twice"), std::string::npos);
  EXPECT_NE(refusal_of(stored_zip({files[0], {"b/data.pkl", ""}})).find("it has both"),
            std::string::npos);
  EXPECT_NE(refusal_of(stored_zip({files[0], {"a/byteorder", "big"}})).find("big-endian"),
            std::string::npos);
}

}  // namespace
}  // namespace charrnn
