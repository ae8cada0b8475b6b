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
