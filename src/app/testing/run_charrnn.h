// For tests: runs the built program in a shell and captures its output.
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "test_paths.h"

namespace charrnn {

// A temporary folder.
class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "charrnn-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  std::string path(const std::string& name) const { return path_ + "/" + name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }
  std::string read(const std::string& name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::string path_;
};

struct ProgramResult {
  int code = 0;
  std::string out, err;
};

// arguments: as in a shell; "charrnn" stands for the program.
inline ProgramResult run_shell(const TestFolder& folder, const std::string& command) {
  const auto quoted = [](const std::string& path) { return "'" + path + "'"; };
  const std::string whole = "charrnn() { " + quoted(CHARRNN_PROGRAM) + " \"$@\"; }; { " + command +
                            "\n} >" + quoted(folder.path("out")) + " 2>" +
                            quoted(folder.path("err"));
  folder.write("command.sh", whole);
  const int status = std::system(("bash " + quoted(folder.path("command.sh"))).c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, folder.read("out"), folder.read("err")};
}

}  // namespace charrnn
