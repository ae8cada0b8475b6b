#include "model/file/model_file.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/files/file.h"
#include "base/testing/temporary_folder.h"
#include "model/file/safetensors.h"
#include "model/testing/random_model.h"
#include "model/testing/torch_archive.h"
#include "test_paths.h"

namespace charrnn {
namespace {

std::vector<ModelConfig> odd_configs() {
  std::vector<ModelConfig> configs;
  for (const CellTraits& traits : kCells) {
    configs.push_back({traits.kind, 1, 1, 1, 1, false});
    configs.push_back({traits.kind, 2, 19, 7, 33, false});
    configs.push_back({traits.kind, 3, 16, 13, 13, true});
  }
  return configs;
}

TEST(ModelFile, ReadsBackWhatItWroteBitForBit) {
  const TemporaryFolder folder;
  for (const ModelConfig& config : odd_configs()) {
    Model model = random_model(config);
    model.facts = {{"steps", "1200"}, {"note", "\"quotes\" and \n lines, ü"}};
    write_model(folder.path("m.safetensors"), model);
    const Model read = read_model(folder.path("m.safetensors"));
    EXPECT_EQ(read.config(), config);
    EXPECT_EQ(read.vocabulary, model.vocabulary);
    EXPECT_EQ(read.facts, model.facts);
    EXPECT_TRUE(read.notes.empty());
    EXPECT_TRUE(std::ranges::equal(read.weights.values(), model.weights.values()));
  }
}

TEST(ModelFile, IsTheSameBytesForTheSameModel) {
  const TemporaryFolder folder;
  const Model model = random_model({CellKind::kGru, 2, 19, 7, 33, false});
  write_model(folder.path("a"), model);
  write_model(folder.path("b"), read_model(folder.path("a")));
  EXPECT_EQ(read_file(folder.path("a")), read_file(folder.path("b")));
}

TEST(ModelFile, KeepsBytesAsTheirOwnAlphabet) {
  const TemporaryFolder folder;
  Model model = random_model({CellKind::kLstm, 1, 3, 2, 256, false});
  std::vector<char32_t> bytes(256);
  for (size_t i = 0; i < 256; ++i) bytes[i] = static_cast<char32_t>(255 - i);
  model.vocabulary = Vocabulary(bytes, Encoding::kBytes, true);
  write_model(folder.path("m"), model);
  EXPECT_EQ(read_model(folder.path("m")).vocabulary, model.vocabulary);
}

// A checkpoint of PyTorch, its matrices transposed views as `x.t()` has them.
TEST(ModelFile, ReadsAStateDictOfTorchSave) {
  const TemporaryFolder folder;
  const Model model = random_model({CellKind::kLstm, 2, 5, 3, 4, false});
  std::vector<std::pair<std::string, std::string>> tensors;
  ArchiveFiles storages;
  for (size_t i = 0; i < model.weights.layout().size(); ++i) {
    const TensorInfo& info = model.weights.layout()[i];
    const std::span<const float> values = model.weights.tensor(static_cast<int>(i));
    PickledTensor tensor = {.storage = std::to_string(i),
                            .elements = static_cast<int64_t>(values.size()),
                            .shape = info.shape,
                            .strides = {1}};
    if (info.shape.size() == 2) tensor.strides.push_back(info.shape[0]);
    std::string bytes;
    for (int64_t k = 0; k < tensor.elements; ++k) {
      const int64_t rows = info.shape[0], columns = tensor.elements / rows;
      bytes += bytes_of(values[static_cast<size_t>(k % rows * columns + k / rows)]);
    }
    tensors.emplace_back("module." + info.name, tensor.text());
    storages.emplace_back(tensor.storage, bytes);
  }
  const std::string file =
      torch_archive(pickled_dict({{"state_dict", pickled_dict(tensors)}}), storages);
  replace_file(folder.path("characters.json"), R"(["a","b","ü","d"])");
  const Model read = parse_model(file, "m.pt", {.vocabulary = folder.path("characters.json")});
  EXPECT_EQ(read.config(), model.config());
  EXPECT_EQ(read.vocabulary.find(U'ü'), 2);
  EXPECT_TRUE(std::ranges::equal(read.weights.values(), model.weights.values()));
  try {
    parse_model(file, "m.pt");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.hint().find("--vocabulary"), std::string::npos) << error.hint();
  }
}

TEST(ModelFile, ReadsTheModelOfARunFolder) {
  const TemporaryFolder folder;
  EXPECT_THROW(read_model(folder.path()), Error);
  write_model(folder.path("model.safetensors"), random_model({CellKind::kRnn, 1, 4, 3, 5, false}));
  EXPECT_EQ(read_model(folder.path()).config().hidden_size, 4);
  EXPECT_EQ(model_path(folder.path()), folder.path("model.safetensors"));
}

TEST(ModelFile, LeavesNothingElseInTheFolder) {
  const TemporaryFolder folder;
  const Model model = random_model({CellKind::kRnn, 1, 4, 3, 5, false});
  for (int i = 0; i < 3; ++i) write_model(folder.path("m"), model);
  const auto files = std::filesystem::directory_iterator(folder.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

// The bytes of a file as docs/model-file.md prints them: 16 a line, "00000000  58 03 …".
std::string hex_lines(std::string_view bytes, size_t begin, size_t end) {
  std::string text;
  for (size_t i = begin; i < end; ++i) {
    if ((i - begin) % 16 == 0) text += fmt::format("{}{:08x} ", i == begin ? "" : "\n", i);
    text += fmt::format(" {:02x}", static_cast<uint8_t>(bytes[i]));
  }
  return text;
}

TEST(ModelFile, HasTheBytesThatTheDocumentShows) {
  const TemporaryFolder folder;
  Model model;
  model.weights = Parameters({CellKind::kRnn, 1, 1, 1, 2, false});
  for (size_t i = 0; i < 10; ++i) model.weights.values()[i] = static_cast<float>(i) / 4;
  model.vocabulary = Vocabulary({'\n', 'a'}, Encoding::kUtf8, false);
  model.facts = {{"steps", "1200"}, {"validation_loss", "0.693147"}};
  write_model(folder.path("m"), model);
  const std::string bytes = read_file(folder.path("m"));
  const std::string document = read_file(CHARRNN_SOURCE_DIR "/docs/model-file.md");
  std::string header = bytes.substr(8, bytes.find("\n}", 8) - 6);
  const std::string version = "\"charrnn_version\":\"" CHARRNN_VERSION "\"";
  header.replace(header.find(version), version.size(), "\"charrnn_version\":\"0.1.0\"");
  const size_t data_begin = bytes.size() - 40;
  for (const std::string& part :
       {hex_lines(bytes, 0, 16), header, hex_lines(bytes, data_begin, bytes.size())}) {
    EXPECT_NE(document.find(part), std::string::npos) << "docs/model-file.md lacks\n" << part;
  }
}

}  // namespace
}  // namespace charrnn
