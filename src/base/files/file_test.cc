#include "base/files/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/files/folder_lock.h"
#include "base/testing/temporary_folder.h"

namespace charrnn {
namespace {

using namespace std::literals;

Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  return {ErrorKind::kInternal, "none", "no error", ""};
}

int count_files(const std::string& folder) {
  const auto files = std::filesystem::directory_iterator(folder);
  return static_cast<int>(std::distance(begin(files), end(files)));
}

TEST(File, IsReplacedWholeAndLeavesNothingBeside) {
  const TemporaryFolder folder;
  for (const std::string& content :
       {std::string("first"), std::string(), std::string(100000, 'x')}) {
    replace_file(folder.path("f"), content);
    EXPECT_EQ(read_file(folder.path("f")), content);
    EXPECT_EQ(count_files(folder.path()), 1);
  }
}

TEST(File, IsJoinedFromItsPieces) {
  const TemporaryFolder folder;
  replace_file(folder.path("f"), [](const auto& write) {
    for (const std::string_view piece : {"ab"sv, ""sv, "\0c"sv}) write(piece);
  });
  EXPECT_EQ(read_file(folder.path("f")), std::string("ab\0c", 4));
}

TEST(File, IsReplacedWhereASymbolicLinkPoints) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path("far"));
  replace_file(folder.path("far/f"), "old");
  std::filesystem::create_symlink("far/f", folder.path("link"));
  replace_file(folder.path("link"), "new");
  EXPECT_TRUE(std::filesystem::is_symlink(folder.path("link")));
  EXPECT_EQ(read_file(folder.path("far/f")), "new");
}

TEST(File, SaysWhatTheSystemSays) {
  const TemporaryFolder folder;
  const Error missing = error_of([&] { read_file(folder.path("none")); });
  EXPECT_EQ(missing.kind(), ErrorKind::kIo);
  EXPECT_EQ(missing.code(), "not_found");
  EXPECT_EQ(missing.what(),
            "cannot read the file: No such file or directory (" + folder.path("none") + ")");
  EXPECT_EQ(error_of([&] { replace_file(folder.path("no/f"), ""); }).code(), "not_found");
  EXPECT_EQ(error_of([&] { read_file(folder.path()); }).kind(), ErrorKind::kIo);
  EXPECT_EQ(error_of([&] { replace_file(folder.path(), ""); }).kind(), ErrorKind::kIo);
}

TEST(File, IsNoDeviceAndNoPipe) {
  const TemporaryFolder folder;
  ASSERT_EQ(mkfifo(folder.path("pipe").c_str(), 0600), 0);
  for (const std::string& path : {folder.path("pipe"), std::string("/dev/null")}) {
    EXPECT_EQ(error_of([&] { read_file(path); }).code(), "not_a_file");
    EXPECT_EQ(error_of([&] { replace_file(path, "x"); }).code(), "not_a_file");
  }
}

TEST(File, ThatIsTooLargeIsNotRead) {
  const TemporaryFolder folder;
  replace_file(folder.path("f"), "12345");
  EXPECT_EQ(read_file(folder.path("f"), 5), "12345");
  const Error error = error_of([&] { read_file(folder.path("f"), 4); });
  EXPECT_EQ(error.kind(), ErrorKind::kLimit);
}

TEST(File, TemporariesOfKilledProcessesAreRemoved) {
  const TemporaryFolder folder;
  for (const char* name : {".charrnn.tmp.1.0", ".charrnn.tmp.99.3", "model.safetensors", ".lock"}) {
    std::ofstream(folder.path(name)) << "x";
  }
  EXPECT_EQ(remove_temporaries(folder.path()), 2);
  EXPECT_EQ(count_files(folder.path()), 2);
}

TEST(FolderLock, NamesTheProcessThatHoldsIt) {
  const TemporaryFolder folder;
  {
    const FolderLock lock(folder.path());
    const Error error = error_of([&] { FolderLock second(folder.path()); });
    EXPECT_EQ(error.code(), "run_locked");
    EXPECT_EQ(error.kind(), ErrorKind::kIo);
    EXPECT_NE(std::string(error.what()).find(std::to_string(getpid())), std::string::npos);
  }
  const FolderLock again(folder.path());
}

}  // namespace
}  // namespace charrnn
