// Model files that are damaged, hostile or of another kind.
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>

#include "base/error.h"
#include "base/files/file.h"
#include "base/json/json.h"
#include "base/testing/temporary_folder.h"
#include "model/testing/foreign_file.h"
#include "model/testing/random_model.h"
#include "model/testing/raw_safetensors.h"

namespace charrnn {
namespace {

using namespace std::string_literals;

// The message of the Error (kModel) that reading gives; "" where it is a model.
std::string refusal_of(const std::string& content) {
  try {
    parse_model(content, "m");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kModel) << error.what();
    EXPECT_FALSE(error.hint().empty());
    return error.what();
  }
  return "";
}

std::string refusal_with(const std::function<void(ForeignFile&)>& change) {
  ForeignFile file;
  change(file);
  return refusal_of(file.bytes());
}

std::string refusal_with_metadata(const std::string& key, const std::string& value) {
  return refusal_with([&](ForeignFile& file) { file.metadata[key] = value; });
}

std::string small_model() {
  const TemporaryFolder folder;
  write_model(folder.path("m"), random_model(kSmall));
  return read_file(folder.path("m"));
}

void expect_has(const std::string& message, const std::string& part) {
  EXPECT_NE(message.find(part), std::string::npos) << message << "\n  lacks " << part;
}

TEST(ModelFault, AFileWithOnlyNamesAndVocabularyIsAModel) {
  const Model model = parse_model(ForeignFile().bytes(), "m");
  EXPECT_EQ(model.config(), kSmall);
  EXPECT_EQ(model.vocabulary.symbols(), (std::vector<char32_t>{'a', 'b', 'c', 'd'}));
  EXPECT_FALSE(model.vocabulary.lowercase());
  EXPECT_TRUE(std::ranges::all_of(model.weights.values(), [](float x) { return x == 0.25f; }));
}

TEST(ModelFault, CutOffAnywhereIsRefused) {
  const std::string whole = small_model();
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(refusal_of(whole.substr(0, size)), "") << size;
  }
}

TEST(ModelFault, AnyFlippedByteOfTheHeaderIsRefusedOrGivesAWholeModel) {
  const std::string whole = small_model();
  uint64_t header = 0;
  std::copy_n(whole.data(), 8, reinterpret_cast<char*>(&header));
  int refused = 0;
  for (size_t i = 0; i < header + 8; ++i) {
    for (const int flip : {0x01, 0x02, 0x10, 0x20, 0x80, 0xFF}) {
      std::string bad = whole;
      bad[i] = static_cast<char>(bad[i] ^ flip);
      refused += refusal_of(bad).empty() ? 0 : 1;
    }
  }
  EXPECT_GT(refused, static_cast<int>(header));
}

TEST(ModelFault, AnyFlippedByteOfTheNumbersIsRefused) {
  const std::string whole = small_model();
  uint64_t header = 0;
  std::copy_n(whole.data(), 8, reinterpret_cast<char*>(&header));
  for (size_t i = header + 8; i < whole.size(); ++i) {
    std::string bad = whole;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    expect_has(refusal_of(bad), "CRC-32");
  }
}

TEST(ModelFault, EachMissingTensorIsNamed) {
  for (const TensorInfo& info : parameter_layout(kSmall)) {
    if (info.name == "fc.bias") continue;  // Linear(bias=False)
    expect_has(refusal_with([&](ForeignFile& file) { file.shapes.erase(info.name); }),
               "'" + info.name + "' is missing");
  }
}

TEST(ModelFault, EachTensorOfAWrongShapeIsNamed) {
  for (const TensorInfo& info : parameter_layout(kSmall)) {
    for (size_t axis = 0; axis < info.shape.size(); ++axis) {
      const std::string message =
          refusal_with([&](ForeignFile& file) { ++file.shapes[info.name][axis]; });
      expect_has(message, "not a model: ");
    }
    expect_has(refusal_with([&](ForeignFile& file) { file.shapes[info.name].push_back(1); }),
               "tensor '" + info.name + "' has the shape [");
    expect_has(refusal_with([&](ForeignFile& file) { file.shapes[info.name][0] = 0; }), "tensor '");
  }
}

TEST(ModelFault, TheOtherNamesOfTensorsAreKnown) {
  const std::map<std::string, std::string> others = {{"embedding.weight", "encoder.weight"},
                                                     {"fc.weight", "decoder.weight"},
                                                     {"fc.bias", "decoder.bias"}};
  for (const auto& [ours, other] : others) {
    ForeignFile file;
    file.shapes[other] = file.shapes[ours];
    expect_has(refusal_of(file.bytes()),
               "'" + ours + "' and tensor '" + other + "' are both there");
    file.shapes.erase(ours);
    EXPECT_EQ(refusal_of(file.bytes()), "");
    EXPECT_TRUE(parse_model(file.bytes(), "m").notes.empty());
  }
}

// Quick although every layer is looked for.
TEST(ModelFault, EmptyLayersWithoutEndAreRefused) {
  expect_has(refusal_with([](ForeignFile& file) {
               for (int layer = 2; layer < 50'000; ++layer) {
                 file.shapes[fmt::format("rnn.weight_ih_l{}", layer)] = {0};
               }
             }),
             "'rnn.weight_ih_l2' has the shape [0]");
}

TEST(ModelFault, TensorsThatAreNotUsedAreNoted) {
  ForeignFile file;
  file.shapes["head.scale"] = {2};
  const Model model = parse_model(file.bytes(), "m");
  ASSERT_EQ(model.notes.size(), 1u);
  EXPECT_EQ(model.notes[0], "not used: tensor 'head.scale'");
  file.shapes["rnn.bias_hh_l7"] = {2};
  EXPECT_EQ(parse_model(file.bytes(), "m").notes[0],
            "not used: tensors 'head.scale', 'rnn.bias_hh_l7'");
}

TEST(ModelFault, NetworksOfOtherKindsAreRefusedByName) {
  expect_has(refusal_with([](auto& file) {
               file.shapes["rnn.weight_ih_l0_reverse"] = {15, 3};
             }),
             "bidirectional");
  expect_has(refusal_with([](auto& file) {
               file.shapes["rnn.weight_hr_l0"] = {2, 5};
             }),
             "projections");
  expect_has(refusal_with_metadata("nonlinearity", "relu"), "nonlinearity = 'relu'");
  expect_has(refusal_with([](auto& file) {
               file.shapes["rnn.weight_hh_l0"] = {35, 5};
             }),
             "not the columns times 1 (RNN), 4 (LSTM), 3 (GRU)");
}

TEST(ModelFault, TensorsOfWholeNumbersAreRefused) {
  const std::string name = "fc.bias";
  std::string bytes = ForeignFile().bytes();
  const size_t at = bytes.find("F32", bytes.find(name));
  expect_has(refusal_of(bytes.replace(at, 3, "I32")), "whole numbers");
}

TEST(ModelFault, ValuesThatAreNotFiniteAreCountedAndTheirTensorNamed) {
  for (const float value : {std::nanf(""), INFINITY, -INFINITY}) {
    const TemporaryFolder folder;
    Model model = random_model(kSmall);
    model.weights.weight_hh(1)[3] = value;
    model.weights.weight_hh(1)[70] = value;
    write_model(folder.path("m"), model);
    expect_has(refusal_of(read_file(folder.path("m"))), "2 of the 75 values of 'rnn.weight_hh_l1'");
    EXPECT_NO_THROW(read_model(folder.path("m"), {.check_values = false}));
  }
}

TEST(ModelFault, MetadataThatContradictsTheShapesIsRefused) {
  const std::map<std::string, std::string> right = {
      {"cell", "gru"},          {"layers", "2"},          {"hidden_size", "5"},
      {"embedding_size", "3"},  {"vocabulary_size", "4"}, {"input", "embedding"},
      {"nonlinearity", "tanh"}, {"encoding", "utf-8"},    {"lowercase", "True"},
      {"format_version", "1"}};
  for (const auto& [key, value] : right) {
    EXPECT_EQ(refusal_with_metadata(key, value), "") << key;
    for (const char* wrong : {"", "7", "-5", "5.0", "0x5", " 5", "1e1", "99999999999999999999",
                              "lstm", "\xc3\xa9", "null"}) {
      if (wrong == value) continue;
      expect_has(refusal_with_metadata(key, wrong), "m)");
    }
  }
}

TEST(ModelFault, AFileOfALaterFormatSaysSo) {
  ForeignFile file;
  file.metadata["format_version"] = "2";
  file.metadata["charrnn_version"] = "2.7";
  expect_has(refusal_of(file.bytes()), "made by charrnn '2.7'");
}

TEST(ModelFault, ACheckpointIsRefusedByName) {
  expect_has(refusal_with_metadata("charrnn_checkpoint", "1"), "a checkpoint of its training");
}

TEST(ModelFault, OneHotInputNeedsTheIdentity) {
  expect_has(refusal_with_metadata("input", "one_hot"), "4 × 3");
  const TemporaryFolder folder;
  Model model = random_model({CellKind::kRnn, 1, 5, 4, 4, true});
  write_model(folder.path("m"), model);
  EXPECT_EQ(refusal_of(read_file(folder.path("m"))), "");
  model.weights.embedding()[1] = 0.5f;
  write_model(folder.path("m"), model);
  expect_has(refusal_of(read_file(folder.path("m"))), "not the identity");
}

TEST(ModelFault, AVocabularyThatIsNotOneCharacterAnIdIsRefused) {
  expect_has(refusal_with([](auto& file) { file.metadata.clear(); }), "which character each id is");
  const std::map<std::string, std::string> wrong = {
      {"", "can't be read"},
      {"abcd", "can't be read"},
      {"{}", "not a list"},
      {R"({"a":0,"b":1,"c":2,"d":3})", "can't be read"},
      {R"("abcd")", "not a list"},
      {R"([])", "has 0 characters"},
      {R"(["a","b","c"])", "has 3 characters"},
      {R"(["a","b","c","d","e"])", "has 5 characters"},
      {R"(["a","b","c","d","e","f","g"])", "can't be read"},
      {R"(["a","b","c","a"])", "'a' twice"},
      {R"(["a","b","c",""])", "id 3 is '', not one character"},
      {R"(["a","b","c","de"])", "id 3 is 'de', not one character"},
      {R"(["a","b","c","e\u0301"])", "not one character"},
      {R"(["a","b","c",null])", "id 3 is not text"},
      {R"(["a","b","c",3])", "id 3 is not text"},
      {R"(["a","b","c",["d"]])", "id 3 is not text"},
      {R"([[["a"]],"b","c","d"])", "can't be read"},
      {R"(["a","b","c","\ud800"])", "can't be read"}};
  for (const auto& [value, why] : wrong) {
    expect_has(refusal_with_metadata("vocabulary", value), why);
  }
  EXPECT_EQ(refusal_with_metadata("vocabulary", R"(["\u0000","\ud83d\ude00","é","\n"])"), "");
}

TEST(ModelFault, InByteEncodingTheVocabularyIsOfBytes) {
  ForeignFile file;
  file.metadata["encoding"] = "bytes";
  file.metadata["vocabulary"] = R"(["a","ÿ","\u0080","\u0000"])";
  EXPECT_EQ(refusal_of(file.bytes()), "");
  file.metadata["vocabulary"] = R"(["a","b","c","Ā"])";
  expect_has(refusal_of(file.bytes()), "not a byte");
}

TEST(ModelFault, FilesOfOtherProgramsAreRecognised) {
  const std::string rest(600, '\x01');
  const std::map<std::string, std::string> files = {
      {"PK\x03\x04"s + rest, "PyTorch pickle in a zip; it can run code, so it isn't read"},
      {"\x80\x02\x8a\x0a"s + rest, "pickle; it can run code"},
      {"\x80\x04\x95"s + rest, "pickle; it can run code"},
      {"GGUF\x03\0\0\0"s + rest, "GGUF"},
      {"\x89HDF\r\n\x1a\n"s + rest, "HDF5"},
      {"\x93NUMPY\x01"s + rest, "NumPy"},
      {"\x08\x07\x12\x07pytorch"s + rest, "ONNX"},
      {"4\n1\n3\nV 1\n"s + rest, "Torch 7"},
      {"\x04\0\0\0\x01\0\0\0\x03\0\0\0"s + rest, "Torch 7"},
      {"\x1f\x8b\x08\0\0\0\0\0\0"s + rest, "gzip"},
      {"once upon a time {", "a text"},
      {"{\"a\": 1}", "a text"}};
  for (const auto& [content, what] : files) expect_has(refusal_of(content), what);
}

TEST(ModelFault, WhatIsNoFileOrCannotBeReadIsAnErrorOfTheSystem) {
  const TemporaryFolder folder;
  ASSERT_EQ(mkfifo(folder.path("pipe").c_str(), 0600), 0);
  for (const std::string& path :
       {folder.path("none"), folder.path("pipe"), std::string("/dev/null")}) {
    try {
      read_model(path);
      FAIL() << path;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kIo) << path;
    }
  }
}

}  // namespace
}  // namespace charrnn
