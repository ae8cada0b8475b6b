// charrnn notebook as a person meets it: what it keeps, says and refuses.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/testing/run_charrnn.h"
#include "base/json/json.h"

namespace charrnn {
namespace {

namespace fs = std::filesystem;

class NotebookCommand : public testing::Test {
 protected:
  // A small network on the notebook's own text, in the test's folder.
  ProgramResult notebook(const std::string& options) {
    return run_shell(folder_, "cd " + folder_.path("") +
                                  "; charrnn notebook --hidden-size 12 --embedding-size 6 "
                                  "--epochs 2 --length 40 --threads 1 " +
                                  options);
  }
  ProgramResult program(const std::string& words) {
    return run_shell(folder_, "cd " + folder_.path("") + "; charrnn " + words);
  }
  std::string content(const std::string& file) {
    std::ostringstream text;
    text << std::ifstream(folder_.path(file)).rdbuf();
    return text.str();
  }
  void expect_refusal(const ProgramResult& result, const std::string& words) {
    EXPECT_EQ(result.code, 2) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err.find(words), std::string::npos) << result.err;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 2) << result.err;
  }

  TestFolder folder_;
};

TEST_F(NotebookCommand, KeepsARunThatOtherCommandsOpen) {
  const ProgramResult made = notebook("--cell gru --out runs/nb --json");
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_NE(made.err.find(" serve runs/nb"), std::string::npos) << made.err;
  const auto json = parse_json(made.out);

  const ProgramResult shown = program("show runs/nb --json");
  ASSERT_EQ(shown.code, 0) << shown.err;
  const auto run = parse_json(shown.out);
  EXPECT_EQ(run["run"]["reports"], 2);
  EXPECT_EQ(run["run"]["step"], 22);
  EXPECT_EQ(run["run"]["train_loss"], json["epochs"][1]["average_loss"]);
  EXPECT_EQ(run["cell"], "gru") << shown.out;

  const ProgramResult sampled = program("sample runs/nb -p 'NATURAL ' -n 20 --seed 1 -q");
  EXPECT_EQ(sampled.code, 0) << sampled.err;
  const ProgramResult measured = program("eval runs/nb runs/nb/text.txt --json");
  ASSERT_EQ(measured.code, 0) << measured.err;
  EXPECT_EQ(parse_json(measured.out)["characters"], 798);

  std::istringstream samples(content("runs/nb/samples.jsonl"));
  for (int i = 0; i < 2; ++i) {
    std::string line;
    ASSERT_TRUE(std::getline(samples, line));
    EXPECT_EQ(parse_json(line)["text"], json["generated"][i]["text"]);
  }
}

TEST_F(NotebookCommand, KeepsSettingsThatLearnTheSameAgain) {
  ASSERT_EQ(notebook("--cell lstm --seed 7 --out nb -q").code, 0);
  const ProgramResult again =
      program("train --config nb/config.toml --out again --json --threads 1");
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(parse_json(again.out)["steps"], 22);
  const ProgramResult one = program("eval nb nb/text.txt --json --threads 1");
  const ProgramResult other = program("eval again nb/text.txt --json --threads 1");
  EXPECT_EQ(parse_json(one.out)["loss"], parse_json(other.out)["loss"]);
}

TEST_F(NotebookCommand, KeepsAModelFileWhereTheNameIsOne) {
  ASSERT_EQ(notebook("--out nb.safetensors -q").code, 0);
  EXPECT_TRUE(fs::is_regular_file(folder_.path("nb.safetensors")));
  EXPECT_EQ(program("sample nb.safetensors -n 5 -q").code, 0);
}

TEST_F(NotebookCommand, NeverWritesOverOtherFiles) {
  ASSERT_EQ(notebook("--out nb -q").code, 0);
  expect_refusal(notebook("--out nb"), "there is a run already (nb)");
  for (const char* name : {"text.txt", "metrics.jsonl", "samples.jsonl", "passage.txt"}) {
    fs::create_directory(folder_.path("mine"));
    folder_.write("mine/" + std::string(name), "mine");
    expect_refusal(notebook("--out mine"), std::string("in the way (mine/") + name + ")");
    EXPECT_EQ(content("mine/" + std::string(name)), "mine");
    fs::remove_all(folder_.path("mine"));
  }
  folder_.write("file", "mine");
  expect_refusal(notebook("--out file"), "there is a file in the way (file)");
}

TEST_F(NotebookCommand, SaysWhichSeedItDrew) {
  const ProgramResult drawn = notebook("--seed -1");
  ASSERT_TRUE(drawn.err.starts_with("seed ")) << drawn.err;
  const std::string seed = drawn.err.substr(5, drawn.err.find('\n') - 5);
  const auto text = [](const ProgramResult& result) {
    return result.out.substr(result.out.find("Generated Text:"));
  };
  EXPECT_EQ(text(notebook("--seed " + seed)), text(drawn));
}

TEST_F(NotebookCommand, RefusesToExplainWhatItDoesNotPrint) {
  const ProgramResult refused = notebook("--explain --json");
  EXPECT_EQ(refused.code, 2) << refused.out;
  EXPECT_EQ(parse_json(refused.err)["error"]["code"], "bad_combination");
  EXPECT_EQ(notebook("--explain --cell lstm -q").err, "");
}

}  // namespace
}  // namespace charrnn
