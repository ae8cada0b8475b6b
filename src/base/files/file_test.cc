#include "base/files/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/error.h"
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

TEST(File, IsNotWrittenThroughASymbolicLink) {
  const TemporaryFolder folder;
  replace_file(folder.path("victim"), "old");
  for (const char* target : {"victim", "nothing", "/dev/null"}) {
    std::filesystem::create_symlink(target, folder.path("link"));
    const Error error = error_of([&] { replace_file(folder.path("link"), "new"); });
    EXPECT_EQ(error.code(), "not_a_file") << target;
    EXPECT_TRUE(std::filesystem::is_symlink(folder.path("link")));
    std::filesystem::remove(folder.path("link"));
  }
  EXPECT_EQ(read_file(folder.path("victim")), "old");
  EXPECT_EQ(count_files(folder.path()), 1);
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

}  // namespace
}  // namespace charrnn
