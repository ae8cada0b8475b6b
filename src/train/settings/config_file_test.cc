#include "train/settings/config_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "train/testing/trainer_fixture.h"

namespace charrnn {
namespace {

struct Table {
  Table() { settings.declare(options); }
  TrainingSettings settings;
  OptionTable options;
};

std::string refusal(std::string_view text) {
  Table table;
  try {
    read_config_text(text, "run.toml", table.options);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what() + (" / " + error.hint());
  }
  return "accepted";
}

TEST(ConfigFile, SetsOptionsInAnySpelling) {
  Table table;
  read_config_text(
      "hidden-size = 12\nseq_length = 7\nlr = 0.5\ncell = \"rnn\"\nlowercase = true\n"
      "text = [\"a b.txt\", \"c\"]\ncheckpoint-interval = \"2m\"",
      "run.toml", table.options);
  EXPECT_EQ(table.settings.hidden_size, 12);
  EXPECT_EQ(table.settings.sequence_length, 7);
  EXPECT_EQ(table.settings.learning_rate, 0.5);
  EXPECT_EQ(table.settings.cell, CellKind::kRnn);
  EXPECT_TRUE(table.settings.reading.lowercase);
  EXPECT_EQ(table.settings.text, (std::vector<std::string>{"a b.txt", "c"}));
  EXPECT_EQ(table.settings.checkpoint_interval, 120);
}

TEST(ConfigFile, GivesBackWhatItWasMadeFrom) {
  Table table, again;
  table.settings.text = {"quote\" back\\slash \n newline", "é"};
  table.settings.learning_rate = 0.1 + 0.2;
  table.settings.cell = CellKind::kGru;
  table.settings.one_hot = true;
  table.settings.sample_prompt = "tab\there";
  table.settings.steps = int64_t{1} << 40;
  table.settings.checkpoint_interval = 0.25;
  const std::string text = config_text(table.options, "# heading\n");
  read_config_text(text, "run.toml", again.options);
  EXPECT_EQ(setting_values(again.options), setting_values(table.options));
  EXPECT_EQ(again.settings.learning_rate, 0.1 + 0.2) << "to the last bit";
}

TEST(ConfigFile, OfARunBeforeAnOptionWasThereGivesWhatTheRunDid) {
  const auto offset_after = [](const std::string& text, const char* given = nullptr) {
    Table table;
    if (given) table.options.set("stream-offset", given, OptionSource::kCommandLine);
    read_config_text(text, "run.toml", table.options);
    return table.settings.stream_offset;
  };
  const std::string run = "# A run of charrnn 0.1.0. The same model again: …\nlayers = 2\n";
  EXPECT_FALSE(offset_after(run));
  EXPECT_TRUE(offset_after(run + "stream-offset = \"epoch\"\n"));
  EXPECT_TRUE(offset_after(run, "epoch"));
  EXPECT_TRUE(offset_after("layers = 2\n")) << "a file that a person wrote";
  SettingValues saved = {{"layers", {"2"}}};
  add_earlier_values(saved);
  EXPECT_EQ(saved.at("stream-offset"), std::vector<std::string>{"none"});
  saved["stream-offset"] = {"epoch"};
  add_earlier_values(saved);
  EXPECT_EQ(saved.at("stream-offset"), std::vector<std::string>{"epoch"});
}

TEST(ConfigFile, NamesFileAndLineOfWhatItRefuses) {
  EXPECT_EQ(refusal("layers = 2\n\nhiden-size = 3"),
            "run.toml:3: unknown option 'hiden-size' / did you mean 'hidden-size'?");
  EXPECT_NE(refusal("layers = \"two\"").find("run.toml:1: --layers: 'two' is not"),
            std::string::npos);
  EXPECT_NE(refusal("layers = 0").find("run.toml:1:"), std::string::npos);
  EXPECT_NE(refusal("layers = [1, 2]").find("run.toml:1: 'layers' takes one value"),
            std::string::npos);
  EXPECT_NE(refusal("a = 1\n= 2").find("run.toml:"), std::string::npos);
  EXPECT_NE(refusal("[network]\nlayers = 2").find("run.toml:1:"), std::string::npos);
  EXPECT_NE(refusal("time = \"5m\"").find("does not belong into a config file"), std::string::npos);
}

TEST(ConfigFile, RefusesBytesThatAreNoText) {
  std::string bytes;
  MersenneTwister generator(5);
  for (int i = 0; i < 300; ++i) bytes += static_cast<char>(generator.u32() & 0xff);
  EXPECT_NE(refusal(bytes).find("run.toml:"), std::string::npos);
}

TEST(ConfigFile, RefusesFoldersAndHugeFiles) {
  const TemporaryFolder folder;
  Table table;
  EXPECT_THROW(read_config_file(folder.path(), table.options), Error);
  const std::string path = folder.path("huge.toml");
  { std::ofstream(path) << "layers = 1\n"; }
  std::filesystem::resize_file(path, 1 << 30);
  try {
    read_config_file(path, table.options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  }
}

TEST(ConfigFile, RefusesKeysOfManyDots) {
  std::string key = "a";
  for (int i = 0; i < 200'000; ++i) key += ".a";
  for (const std::string& text :
       {key + " = 1", "[" + key + "]", "x = {" + key + " = 1}", "x = \"\"\"\"\"\"\n" + key + " = 1",
        "x = \"\"\"a\"\"\"\"\n" + key + " = 1", "x = '\\'\n" + key + " = 1",
        "x = '''\"'''\n" + key + " = 1", "# \"\n" + key + " = 1"}) {
    Table table;
    EXPECT_THROW(read_config_text(text, "run.toml", table.options), Error) << text.substr(0, 20);
  }
  Table table;
  read_config_text("text = [\"" + key + "\"] # " + key, "run.toml", table.options);
}

TEST(ConfigFile, TakesPartsThatAreAPowerOfTwo) {
  for (const int parts : {0, 1, 2, 8, 256}) {
    Table table;
    read_config_text("parts = " + std::to_string(parts), "run.toml", table.options);
    EXPECT_EQ(table.settings.parts, parts);
  }
  for (const char* text : {"parts = 3", "parts = -2", "parts = 512", "parts = 1.5"}) {
    EXPECT_NE(refusal(text).find("--parts"), std::string::npos) << text;
  }
}

TEST(ConfigFile, DoesNotOverruleTheCommandLine) {
  Table table;
  table.options.set("layers", "5", OptionSource::kCommandLine);
  read_config_text("layers = 2", "run.toml", table.options);
  EXPECT_EQ(table.settings.layers, 5);
}

}  // namespace
}  // namespace charrnn
