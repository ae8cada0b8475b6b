#include "base/files/held_folder.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "base/error.h"
#include "base/files/file.h"
#include "base/files/folder_lock.h"
#include "base/testing/temporary_folder.h"

namespace charrnn {
namespace {

namespace fs = std::filesystem;

std::string code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kIo);
    return error.code();
  }
  return "none";
}

class Held : public testing::Test {
 protected:
  Held() { fs::create_directory(run_); }

  TemporaryFolder outside_;
  std::string run_ = outside_.path("run");
};

TEST_F(Held, FilesAreReplacedAndReadBeneathIt) {
  HeldFolder folder(run_);
  replace_file(folder.path("f"), "one", folder);
  replace_file(folder.path("f"), "two", folder);
  EXPECT_EQ(folder.read(folder.path("f")), "two");
  EXPECT_EQ(read_file(run_ + "/f"), "two");
  EXPECT_EQ(std::distance(fs::directory_iterator(run_), {}), 1) << "no temporary is left";
  EXPECT_EQ(folder.link(folder.path("f"), folder.path("g")), 0);
  EXPECT_EQ(folder.link(folder.path("f"), folder.path("g")), -EEXIST);
  EXPECT_EQ(folder.read(folder.path("g")), "two");
  EXPECT_EQ(folder.unlink(folder.path("g")), 0);
  EXPECT_EQ(folder.mode(folder.path("g")), -ENOENT);
}

TEST_F(Held, FoldersBeneathItAreMadeHeldAndMoved) {
  HeldFolder folder(run_);
  ASSERT_EQ(folder.make_folder(folder.path("a")), 0);
  EXPECT_EQ(folder.make_folder(folder.path("a")), -EEXIST);
  EXPECT_EQ(folder.make_folder(run_ + "/a/b"), -EXDEV);
  EXPECT_EQ(folder.remove_folder(folder.path("a")), 0);
  EXPECT_EQ(folder.remove_folder(folder.path("a")), -ENOENT);
  EXPECT_EQ(folder.remove_folder(run_ + "/.."), -EXDEV);
  ASSERT_EQ(folder.make_folder(folder.path("a")), 0);
  EXPECT_EQ(folder.make_folder(run_ + "/.."), -EXDEV);
  HeldFolder beneath(folder, "a");
  replace_file(beneath.path("f"), "one", beneath);
  EXPECT_EQ(read_file(run_ + "/a/f"), "one");
  ASSERT_EQ(folder.make_folder(folder.path("b")), 0);
  HeldFolder other(folder, "b");
  EXPECT_EQ(beneath.move("f", other, "g"), 0);
  EXPECT_EQ(other.names(), std::vector<std::string>{"g"});
  EXPECT_EQ(beneath.names(), std::vector<std::string>{});
  replace_file(beneath.path("f"), "two", beneath);
  EXPECT_EQ(beneath.move("f", other, "g"), -EEXIST) << "nothing is replaced";
  EXPECT_EQ(beneath.move("f", other, "../g"), -EXDEV);
  EXPECT_EQ(beneath.move("../b", other, "b"), -EXDEV);
  EXPECT_EQ(read_file(run_ + "/b/g"), "one");
}

TEST_F(Held, LinksBeneathItAreNoFolders) {
  HeldFolder folder(run_);
  fs::create_directory(outside_.path("secret"));
  fs::create_directory_symlink(outside_.path("secret"), run_ + "/link");
  for (const char* name : {"link", "missing", "..", "."}) {
    EXPECT_NE(code_of([&] { HeldFolder beneath(folder, name); }), "none") << name;
  }
  EXPECT_EQ(folder.make_folder(folder.path("link")), -EEXIST);
}

TEST_F(Held, StrangersFolderOfItsNameIsNotWrittenTo) {
  HeldFolder folder(run_);
  EXPECT_EQ(code_of([&] { folder.must_be_in_place(); }), "none");
  fs::rename(run_, outside_.path("elsewhere"));
  EXPECT_EQ(code_of([&] { folder.must_be_in_place(); }), "folder_moved");
  fs::create_directory(run_);
  EXPECT_EQ(code_of([&] { folder.must_be_in_place(); }), "folder_moved");
  replace_file(folder.path("f"), "ours", folder);
  EXPECT_TRUE(fs::is_empty(run_));
  EXPECT_EQ(read_file(outside_.path("elsewhere/f")), "ours");
  fs::remove(run_);
  fs::create_directory_symlink("elsewhere", run_);
  EXPECT_EQ(code_of([&] { folder.must_be_in_place(); }), "none") << "it is this folder again";
}

TEST_F(Held, NothingIsWrittenOrReadThroughALink) {
  replace_file(outside_.path("victim"), "old");
  HeldFolder folder(run_);
  const std::string link = folder.path("link");
  for (const char* target : {"../victim", "../new", "/dev/null"}) {
    fs::create_symlink(target, link);
    EXPECT_EQ(code_of([&] { replace_file(link, "new", folder); }), "not_a_file");
    EXPECT_EQ(code_of([&] { static_cast<void>(folder.read(link)); }), "not_a_file");
    EXPECT_EQ(folder.open(link, O_WRONLY | O_CREAT | O_TRUNC, 0666), -ELOOP);
    fs::remove(link);
  }
  EXPECT_EQ(read_file(outside_.path("victim")), "old");
  EXPECT_FALSE(fs::exists(outside_.path("new")));
}

TEST_F(Held, PathsThatLeaveItAreRefused) {
  replace_file(outside_.path("victim"), "old");
  fs::create_directory(run_ + "/below");
  HeldFolder folder(run_);
  for (const std::string& path : {outside_.path("victim"), run_ + "/../victim", run_ + "/below/f",
                                  run_ + "/..", run_ + "/", run_, std::string("victim")}) {
    EXPECT_EQ(folder.open(path, O_WRONLY | O_CREAT, 0666), -EXDEV) << path;
    EXPECT_EQ(folder.unlink(path), -EXDEV) << path;
    EXPECT_EQ(folder.rename(folder.path("f"), path), -EXDEV) << path;
  }
  EXPECT_EQ(read_file(outside_.path("victim")), "old");
}

TEST_F(Held, PipesAreRefusedWithoutWaiting) {
  HeldFolder folder(run_);
  ASSERT_EQ(mkfifo(folder.path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(code_of([&] { static_cast<void>(folder.read(folder.path("pipe"))); }), "not_a_file");
  EXPECT_EQ(code_of([&] { replace_file(folder.path("pipe"), "x", folder); }), "not_a_file");
}

TEST_F(Held, TemporariesOfKilledProcessesAreRemoved) {
  for (const char* name : {".charrnn.tmp.1.0", ".charrnn.tmp.99.3", "model.safetensors", ".lock"}) {
    replace_file(run_ + "/" + name, "x");
  }
  replace_file(outside_.path("victim"), "old");
  fs::create_symlink("../victim", run_ + "/.charrnn.tmp.7.0");
  HeldFolder folder(run_);
  EXPECT_EQ(folder.remove_temporaries(), 3);
  EXPECT_EQ(std::distance(fs::directory_iterator(run_), {}), 2);
  EXPECT_EQ(read_file(outside_.path("victim")), "old");
}

TEST_F(Held, LockNamesTheProcessThatHoldsIt) {
  HeldFolder folder(run_);
  {
    const FolderLock lock(folder);
    try {
      const FolderLock second(folder);
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "run_locked");
      EXPECT_EQ(error.kind(), ErrorKind::kIo);
      EXPECT_NE(std::string(error.what()).find(std::to_string(getpid())), std::string::npos);
    }
  }
  const FolderLock again(folder);
}

TEST_F(Held, LockWritesOverNothingThatItDidNotMake) {
  HeldFolder folder(run_);
  const std::string lock = folder.path(".lock");
  const auto refused = [&] { return code_of([&] { const FolderLock taken(folder); }); };
  replace_file(outside_.path("victim"), "7\n");
  fs::create_symlink("../victim", lock);
  EXPECT_EQ(refused(), "not_a_lock");
  fs::remove(lock);
  fs::create_hard_link(outside_.path("victim"), lock);
  EXPECT_EQ(refused(), "not_a_lock");
  fs::remove(lock);
  ASSERT_EQ(mkfifo(lock.c_str(), 0600), 0);
  EXPECT_EQ(refused(), "not_a_lock");
  fs::remove(lock);
  replace_file(lock, "packages of another program");
  EXPECT_EQ(refused(), "not_a_lock");
  EXPECT_EQ(read_file(lock), "packages of another program");
  replace_file(lock, "123\n");
  EXPECT_EQ(refused(), "none");
  EXPECT_EQ(read_file(outside_.path("victim")), "7\n");
}

}  // namespace
}  // namespace charrnn
