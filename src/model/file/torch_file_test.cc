#include "model/file/torch_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "base/files/file.h"
#include "base/testing/temporary_folder.h"
#include "model/file/model_file.h"
#include "model/testing/foreign_file.h"
#include "model/testing/random_model.h"
#include "model/testing/torch_file_writer.h"

namespace charrnn {
namespace {

using namespace std::string_literals;
using P = PickleText;

constexpr std::string_view kVocabulary = R"(["a","b","c","d"])";

struct TorchFileTest : ::testing::Test {
  TorchFileTest() {
    replace_file(folder.path("vocabulary.json"), kVocabulary);
    for (size_t i = 0; i < random.layout().size(); ++i) {
      const auto values = random.tensor(static_cast<int>(i));
      file.add(random.layout()[i].name, random.layout()[i].shape, {values.begin(), values.end()});
    }
  }

  Model read(const std::string& content) const {
    return parse_model(content, "m.pt", {.vocabulary = folder.path("vocabulary.json")});
  }
  // The message of the Error (kModel); "" where it is a model.
  std::string refusal_of(const std::string& content) const {
    try {
      read(content);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kModel) << error.what();
      EXPECT_FALSE(error.hint().empty()) << error.what();
      return error.what();
    }
    return "";
  }
  void expect_random(const std::string& content) const {
    const Model model = read(content);
    ASSERT_EQ(model.weights.config(), kSmall);
    EXPECT_TRUE(std::ranges::equal(model.weights.values(), random.values()));
  }
  void expect_refused(const std::string& content, std::string_view why) const {
    const std::string said = refusal_of(content);
    EXPECT_NE(said.find(why), std::string::npos) << said << ", expected: " << why;
  }

  TemporaryFolder folder;
  Parameters random = random_model(kSmall, 7).weights;
  TorchFileWriter file;
};

TEST_F(TorchFileTest, AStateDictIsAModel) { expect_random(file.bytes()); }

TEST_F(TorchFileTest, TheModelOfASavedTrainingIsFound) {
  const std::string model = P::dict(file.items);
  expect_random(file.bytes_of("}(" + P::text("epoch") + P::integer(3) + P::text("model") + model +
                              P::text("optimizer") + "}(" + P::text("state") + "}" + "u" + "u"));
  expect_refused(file.bytes_of("}(" + P::text("a") + model + P::text("b") + model + "u"),
                 "it has 2 models: 'a', 'b'");
}

TEST_F(TorchFileTest, PyTorchsAttributesOfADictAreLeftOut) {
  expect_random(file.bytes_of(P::dict(file.items) + "}(" + P::text("_metadata") +
                              P::dict(P::text("") + "}") + "ub"));
}

TEST_F(TorchFileTest, NewerProtocolsBuildTheSame) {
  std::string items;
  for (size_t i = 0; i < random.layout().size(); ++i) {
    const auto& info = random.layout()[i];
    const std::string text = "\x8c"s + static_cast<char>(info.name.size()) + info.name;
    // Names that are remembered and recalled, functions whose names lie on the stack.
    items += text + "\x94" + "\x8c\x0c" + "torch._utils" + "\x8c\x12" + "_rebuild_tensor_v2" +
             "\x93" +
             P::tensor("FloatStorage", std::to_string(i), info.size(), 0, info.shape,
                       info.shape.size() == 2 ? std::vector<int64_t>{info.shape[1], 1}
                                              : std::vector<int64_t>{1})
                 .substr(std::string("ctorch._utils\n_rebuild_tensor_v2\n").size());
  }
  expect_random(file.bytes_of("\x95"s + std::string(8, '\0') + P::dict(items)));
}

TEST_F(TorchFileTest, TransposedTensorsAreCopiedInOrder) {
  // fc.weight [V, H] as the transpose of what lies in the file.
  const auto& layout = random.layout();
  TorchFileWriter other;
  std::string items;
  for (size_t i = 0; i < layout.size(); ++i) {
    const auto values = random.tensor(static_cast<int>(i));
    std::vector<float> stored(values.begin(), values.end());
    if (layout[i].shape.size() == 2) {
      const int64_t rows = layout[i].shape[0], columns = layout[i].shape[1];
      for (int64_t r = 0; r < rows; ++r) {
        for (int64_t c = 0; c < columns; ++c) stored[c * rows + r] = values[r * columns + c];
      }
      items += P::text(layout[i].name) + P::tensor("FloatStorage", std::to_string(i),
                                                   rows * columns, 0, {rows, columns}, {1, rows});
      other.add("", {rows * columns}, stored);
    } else {
      items += P::text(layout[i].name) + P::tensor("FloatStorage", std::to_string(i),
                                                   layout[i].size(), 0, {layout[i].size()}, {1});
      other.add("", layout[i].shape, stored);
    }
  }
  expect_random(other.bytes_of(P::dict(items)));
}

TEST_F(TorchFileTest, TiedTensorsAreKeptOnce) {
  TorchFileWriter tied;
  std::vector<float> values(12);
  std::iota(values.begin(), values.end(), 1.0f);
  tied.add("rnn.weight_hh_l0", {3, 4}, values);
  tied.items += P::text("fc.weight") + P::tensor("FloatStorage", "0", 12, 0, {3, 4}, {4, 1});
  const SafetensorsFile found(safetensors_of_torch_file(tied.bytes(), "m.pt"), "m.pt");
  EXPECT_EQ(found.entries().size(), 1u);
  EXPECT_EQ(found.metadata().at("fc.weight"), "rnn.weight_hh_l0");
}

TEST_F(TorchFileTest, WhatWouldRunIsRefusedByName) {
  expect_refused(file.bytes_of("cos\nsystem\n(" + P::text("true") + "tR"),
                 "it asks for 'os.system', which is not run");
  expect_refused(file.bytes_of("c__main__\nCharRNN\n)R"), "it asks for '__main__.CharRNN'");
  expect_refused(file.bytes_of("cos\x1b[2J\nsystem\n(tR"), "os\\x1b[2J.system");
  expect_refused(file.bytes_of(P::text("builtins") + P::text("eval") + "\x93"), "builtins.eval");
  // INST, OBJ, NEWOBJ, EXT1 and protocol 0's persistent ids.
  for (const char code : {'i', 'o', '\x81', '\x82', 'P'}) {
    expect_refused(file.bytes_of(std::string("(") + code), "an instruction of pickle");
  }
}

TEST_F(TorchFileTest, TensorsReachNowhereElse) {
  const auto with = [&](const std::string& tensor) {
    return file.bytes_of(P::dict(file.items + P::text("rnn.more") + tensor));
  };
  const auto tensor = [&](int64_t elements, int64_t first, const std::vector<int64_t>& shape,
                          const std::vector<int64_t>& strides) {
    return with(P::tensor("FloatStorage", "0", elements, first, shape, strides));
  };
  const int64_t own = random.layout()[0].size();
  EXPECT_EQ(refusal_of(tensor(own, 1, {2, 2}, {1, 2})), "");
  expect_refused(tensor(own, 0, {own + 1}, {1}), "reaches beyond its numbers");
  expect_refused(tensor(own, 1, {own}, {1}), "reaches beyond its numbers");
  expect_refused(tensor(own, -1, {1}, {1}), "reaches beyond its numbers");
  expect_refused(tensor(own, 0, {2, 2}, {own, 1}), "reaches beyond its numbers");
  expect_refused(tensor(own, 0, {1 << 30, 1 << 30, 1 << 30}, {0, 0, 0}), "reaches beyond");
  expect_refused(tensor(own, 0, {1 << 30}, {0}), "more than the file");
  expect_refused(tensor(own, 0, {-1}, {1}), "no shape");
  expect_refused(tensor(own, 0, {0}, {1}), "empty");
  expect_refused(tensor(own + 1, 0, {1}, {1}), "fewer numbers than it says");
  expect_refused(with(P::tensor("FloatStorage", "99", 1, 0, {1}, {1})), "no 'm/data/99'");
  expect_refused(with(P::tensor("FloatStorage", "../data.pkl", 1, 0, {1}, {1})), "no 'm/data/..");
}

TEST_F(TorchFileTest, ArchivesThatPyTorchDoesNotWriteAreRefused) {
  ZipWriter empty;
  empty.add("readme.txt", "hello");
  expect_refused(empty.bytes(), "a zip without PyTorch's data.pkl");
  ZipWriter packed;
  packed.add("m/data.pkl", "not deflated", 8);
  expect_refused(packed.bytes(), "compressed or encrypted");
  ZipWriter big_endian;
  big_endian.add("m/data.pkl", P::whole("}"));
  big_endian.add("m/byteorder", "big");
  expect_refused(big_endian.bytes(), "big-endian");
  std::string damaged = file.bytes();
  damaged[damaged.find("m/data/0") + 8 + 5 + 1] ^= 1;
  expect_refused(damaged, "the checksum of 'm/data/0' is another");
}

TEST_F(TorchFileTest, DamageIsAnError) {
  const std::string whole = file.bytes();
  for (size_t size = 4; size < whole.size(); size += 3) refusal_of(whole.substr(0, size));
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << i % 8));
    refusal_of(damaged);
  }
}

}  // namespace
}  // namespace charrnn
