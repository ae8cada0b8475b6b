// Commands, with their N-th allocation failing: each ends with exit code 7, or does its work all
// the same, and what it leaves behind is whole. Every N up to 2000 takes minutes:
// CHARRNN_LONG_TESTS=1.
#include <fcntl.h>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "app/command/command_line.h"
#include "app/testing/run_charrnn.h"
#include "base/testing/failing_allocations.h"
#include "model/file/model_file.h"
#include "model/testing/random_model.h"
#include "train/checkpoint/checkpoint.h"

namespace charrnn {
namespace {

namespace fs = std::filesystem;

constexpr int kNothingFailed = 100;  // added to the exit code

class OutOfMemory : public testing::TestWithParam<int64_t> {
 protected:
  OutOfMemory() {
    std::string text;
    for (int i = 0; i < 30; ++i) text += "the sea was calm, the sea was grey.\n";
    folder_.write("sea.txt", text);
    const std::u32string symbols = U"\n ,.aceghlmrstwy";
    Model model = random_model({.cell = CellKind::kLstm,
                                .layers = 1,
                                .hidden_size = 6,
                                .embedding_size = 4,
                                .vocabulary_size = static_cast<int>(symbols.size())},
                               1);
    model.vocabulary = Vocabulary({symbols.begin(), symbols.end()}, Encoding::kUtf8, false);
    write_model(folder_.path("m.safetensors"), model);
  }

  // Runs it in a process of its own, in the folder. Returns whether any allocation failed.
  bool ends_well(const std::string& command, int64_t succeeding) {
    const pid_t child = ::fork();
    if (child == 0) run_child(words_of(command), succeeding);
    int status = 0;
    ::waitpid(child, &status, 0);
    const std::string where = fmt::format("charrnn {}, {} allocations", command, succeeding);
    if (!WIFEXITED(status)) {
      ADD_FAILURE() << where << ": signal " << WTERMSIG(status) << "\n" << folder_.read("err");
      return true;
    }
    const bool failed = WEXITSTATUS(status) < kNothingFailed;
    const int code = WEXITSTATUS(status) % kNothingFailed;
    EXPECT_TRUE(code == 0 || (failed && code == 7)) << where << ": " << code << "\n"
                                                    << folder_.read("err");
    expect_whole_files(where);
    return failed;
  }

  // The files that commands write.
  void remove_results() {
    for (const char* name : {"run", "book", "n.safetensors"}) fs::remove_all(folder_.path(name));
  }

 private:
  static std::vector<std::string> words_of(const std::string& command) {
    std::vector<std::string> words;
    for (size_t begin = 0; begin < command.size();) {
      const size_t end = std::min(command.find(' ', begin), command.size());
      words.push_back(command.substr(begin, end - begin));
      begin = end + 1;
    }
    return words;
  }

  [[noreturn]] void run_child(const std::vector<std::string>& words, int64_t succeeding) const {
    const int out = ::open(folder_.path("out").c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    const int err = ::open(folder_.path("err").c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    const int in = ::open("/dev/null", O_RDONLY);
    if (::chdir(folder_.path("").c_str()) != 0 || ::dup2(in, 0) < 0 || ::dup2(out, 1) < 0 ||
        ::dup2(err, 2) < 0) {
      ::_exit(99);
    }
    fail_allocations(succeeding, GetParam());
    const int code = run_program(words);
    ::_exit(code + (stop_failing_allocations() ? 0 : kNothingFailed));
  }

  void expect_whole_files(const std::string& where) const {
    for (const char* name : {"run", "book", "n.safetensors"}) {
      const std::string path = folder_.path(name);
      const bool has_model =
          fs::is_directory(path) ? fs::exists(path + "/model.safetensors") : fs::exists(path);
      if (has_model) {
        EXPECT_NO_THROW(read_model(path)) << where;
      }
      const std::string checkpoint = path + "/checkpoint.safetensors";
      if (fs::exists(checkpoint)) {
        EXPECT_NO_THROW(read_checkpoint(checkpoint)) << where;
      }
    }
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path(""))) {
      EXPECT_FALSE(entry.path().filename().string().starts_with(".charrnn.tmp.")) << where;
    }
  }

  TestFolder folder_;
};

constexpr const char* kCommands[] = {
    "train sea.txt -o run --cell gru --hidden-size 6 --embedding-size 4 --batch-size 2 "
    "--seq-length 8 --steps 4 --eval-every 2 --checkpoint-every 2 --sample-every 2 --threads 1",
    "train sea.txt --json --steps 2 --threads 1 --preset notebook --dry-run",
    "sample m.safetensors -p sea -n 20 --seed 1 --threads 1",
    "sample m.safetensors --json -p the --count 3 -n 9 --seed 1 --threads 1",
    "eval m.safetensors sea.txt --threads 1",
    "show m.safetensors --threads 1",
    "show m.safetensors --json --threads 1",
    "data sea.txt --threads 1",
    "notebook --hidden-size 6 --embedding-size 4 --epochs 1 --length 9 --threads 1 --out book",
    "notebook --hidden-size 6 --embedding-size 4 --epochs 1 --length 9 --threads 1 --out "
    "n.safetensors",
    "help train",
    "help --completions bash",
};

TEST_P(OutOfMemory, EndsTheCommandAndLeavesWholeFiles) {
  const bool long_test = std::getenv("CHARRNN_LONG_TESTS") != nullptr;
  const int64_t every = long_test ? 2000 : 0, part = long_test ? 10 : 1;
  for (const char* command : kCommands) {
    int64_t count = 0;
    while (true) {
      remove_results();
      if (!ends_well(command, count)) break;
      count += count < every ? 1 : 1 + count / part;
    }
    EXPECT_GT(count, 50) << command << " allocates";
  }
}

INSTANTIATE_TEST_SUITE_P(, OutOfMemory, testing::Values(1, 30),
                         [](const auto& parameter) { return fmt::format("{}", parameter.param); });

}  // namespace
}  // namespace charrnn
