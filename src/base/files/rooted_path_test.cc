#include "base/files/rooted_path.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/testing/temporary_folder.h"

namespace charrnn {
namespace {

namespace fs = std::filesystem;

// What is read, or the error's code.
std::string outcome(const RootedPath& file) {
  try {
    return read_file(file);
  } catch (const Error& error) {
    return error.code();
  }
}

class RootedPathTest : public testing::Test {
 protected:
  RootedPathTest() {
    fs::create_directories(folder_.path("root/run"));
    fs::create_directories(folder_.path("elsewhere"));
    std::ofstream(folder_.path("root/run/file")) << "inside";
    std::ofstream(folder_.path("elsewhere/file")) << "outside";
    fs::create_directory_symlink("root", folder_.path("link"));
    fs::create_directory_symlink("../elsewhere", folder_.path("root/linked"));
    fs::create_symlink("file", folder_.path("root/run/second"));
  }
  RootedPath beneath(const std::string& root, const std::string& name) {
    return RootedPath(folder_.path(root), folder_.path(root)) / name;
  }

  TemporaryFolder folder_;
};

TEST_F(RootedPathTest, FollowsTheLinksOfItsRootAlone) {
  EXPECT_EQ(outcome(beneath("root", "run/file")), "inside");
  EXPECT_EQ(outcome(beneath("root/", "run/file")), "inside");
  EXPECT_EQ(outcome(beneath("link", "run/file")), "inside");
  EXPECT_EQ(outcome(beneath("root/linked", "file")), "outside") << "the link itself was named";
  EXPECT_EQ(outcome(beneath("root", "linked/file")), "io_error");
  EXPECT_EQ(outcome(beneath("root", "run/second")), "is_link");
  EXPECT_EQ(outcome(beneath("root", "run/missing")), "not_found");
  EXPECT_EQ(outcome(beneath("root", "run")), "io_error") << "a folder";
}

TEST_F(RootedPathTest, OfAFileFollowsLinksToItsFolder) {
  EXPECT_EQ(outcome(folder_.path("root/linked/file")), "outside");
  EXPECT_EQ(outcome(folder_.path("root/run/second")), "is_link");
  const std::string named = folder_.path("root/run/second");
  EXPECT_EQ(outcome({named, named}), "inside");
}

TEST_F(RootedPathTest, DoesNotWaitForThePipesWriter) {
  ASSERT_EQ(::mkfifo(folder_.path("root/pipe").c_str(), 0600), 0);
  EXPECT_EQ(outcome(beneath("root", "pipe")), "not_a_file");
}

TEST_F(RootedPathTest, MayBeAPlainName) {
  const fs::path before = fs::current_path();
  fs::current_path(folder_.path("root/run"));
  std::ofstream(".hidden") << "hidden";
  EXPECT_EQ(outcome(std::string("file")), "inside");
  EXPECT_EQ(outcome(std::string("./file")), "inside");
  EXPECT_EQ(outcome(std::string(".hidden")), "hidden");
  EXPECT_EQ(outcome(std::string("second")), "is_link");
  fs::current_path(before);
}

}  // namespace
}  // namespace charrnn
