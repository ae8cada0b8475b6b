#include "serve/models/run_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "base/error.h"
#include "base/testing/temporary_folder.h"

namespace charrnn {
namespace {

namespace fs = std::filesystem;

void write(const std::string& path, const std::string& text) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

std::vector<std::string> ids_of(const std::vector<RunLocation>& locations) {
  std::vector<std::string> ids;
  for (const RunLocation& location : locations) ids.push_back(location.id);
  return ids;
}

TEST(FindRuns, FindsRunsAndModelFilesInNameOrder) {
  const TemporaryFolder folder;
  write(folder.path("b/model.safetensors"), "");
  write(folder.path("a/metrics.jsonl"), "");  // a run without a model yet
  write(folder.path("d/config.toml"), "");
  write(folder.path("c.safetensors"), "");
  write(folder.path("notes/readme.txt"), "");
  write(folder.path("text.txt"), "");
  const auto found = find_runs(folder.path()).runs;
  EXPECT_EQ(ids_of(found), (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_EQ(found[1].kind, RunKind::kRun);
  EXPECT_EQ(found[1].folder.path, folder.path("b"));
  EXPECT_EQ(found[1].model.path, folder.path("b/model.safetensors"));
  EXPECT_EQ(found[1].metrics().path, folder.path("b/metrics.jsonl"));
  EXPECT_EQ(found[2].kind, RunKind::kFile);
  EXPECT_EQ(found[2].folder.path, "");
  EXPECT_EQ(found[2].model.path, folder.path("c.safetensors"));
}

TEST(FindRuns, PrefersARunToAFileOfItsName) {
  const TemporaryFolder folder;
  write(folder.path("book/model.safetensors"), "");
  write(folder.path("book.safetensors"), "");
  const auto found = find_runs(folder.path()).runs;
  ASSERT_EQ(ids_of(found), (std::vector<std::string>{"book"}));
  EXPECT_EQ(found[0].kind, RunKind::kRun);
}

TEST(FindRuns, TakesARunOrAFileByItself) {
  const TemporaryFolder folder;
  write(folder.path("runs/book/model.safetensors"), "");
  write(folder.path("one.two.safetensors"), "");
  for (const char* path : {"runs/book", "runs/book/", "runs/../runs/book/."}) {
    EXPECT_EQ(ids_of(find_runs(folder.path(path)).runs), (std::vector<std::string>{"book"}))
        << path;
  }
  EXPECT_EQ(ids_of(find_runs(folder.path("one.two.safetensors")).runs),
            (std::vector<std::string>{"one.two"}));
  EXPECT_TRUE(find_runs(folder.path()).runs.size() == 1) << "runs/ is not a run";
  EXPECT_THROW(find_runs(folder.path("nowhere")), Error);
}

TEST(FindRuns, LeavesOutLinksAndNamesThem) {
  const TemporaryFolder folder;
  write(folder.path("elsewhere/book/model.safetensors"), "");
  write(folder.path("elsewhere/one.safetensors"), "");
  write(folder.path("runs/real/metrics.jsonl"), "");
  fs::create_directories(folder.path("runs/linked"));
  const auto link = [&](const char* target, const std::string& name) {
    fs::create_symlink(folder.path(target), folder.path("runs/" + name));
    return folder.path("runs/" + name);
  };
  const std::set<std::string> links = {
      link("elsewhere/book", "folder"),
      link("elsewhere/one.safetensors", "one.safetensors"),
      link("elsewhere/one.safetensors", "real/model.safetensors"),
      link("elsewhere/one.safetensors", "linked/model.safetensors"),
  };
  link("elsewhere/one.safetensors", "notes.txt");  // nothing that would be served
  FoundRuns found = find_runs(folder.path("runs"));
  EXPECT_EQ(ids_of(found.runs), (std::vector<std::string>{"real"}));
  EXPECT_FALSE(file_version(found.runs[0].model).exists());
  EXPECT_EQ(std::set<std::string>(found.links.begin(), found.links.end()), links);
  fs::create_symlink("runs", folder.path("named"));
  EXPECT_EQ(ids_of(find_runs(folder.path("named")).runs), (std::vector<std::string>{"real"}));
  EXPECT_THROW(find_runs(folder.path("runs/linked")), Error) << "there is nothing but a link";
}

TEST(FileVersion, ChangesWithTheFile) {
  const TemporaryFolder folder;
  const std::string path = folder.path("file");
  EXPECT_FALSE(file_version(path).exists());
  EXPECT_FALSE(file_version(folder.path()).exists()) << "a folder is no file";
  write(path, "a");
  const FileVersion one = file_version(path);
  EXPECT_TRUE(one.exists());
  EXPECT_EQ(one, file_version(path));
  EXPECT_EQ(one, file_version({path, path}));
  write(path, "ab");
  EXPECT_NE(one, file_version(path));
  const FileVersion two = file_version(path);
  write(folder.path("other"), "ab");
  fs::last_write_time(folder.path("other"), fs::last_write_time(path));
  fs::rename(folder.path("other"), path);
  EXPECT_NE(two, file_version(path)) << "same size and time, another file";
}

TEST(FileVersion, FollowsOnlyALinkThatIsNamed) {
  const TemporaryFolder folder;
  write(folder.path("secret"), "text");
  fs::create_symlink(folder.path("secret"), folder.path("passage.txt"));
  const std::string link = folder.path("passage.txt");
  EXPECT_TRUE(file_version({link, link}).exists());
  EXPECT_FALSE(file_version({folder.path(), link}).exists());
  EXPECT_EQ(read_small_file(folder.path("passage.txt"), 100), "");
}

TEST(ReadSmallFile, ReadsTheBeginning) {
  const TemporaryFolder folder;
  write(folder.path("file"), std::string("ab\0cd", 5));
  EXPECT_EQ(read_small_file(folder.path("file"), 100), std::string("ab\0cd", 5));
  EXPECT_EQ(read_small_file(folder.path("file"), 2), "ab");
  EXPECT_EQ(read_small_file(folder.path("missing"), 2), "");
  EXPECT_EQ(read_small_file(folder.path(), 2), "");
}

TEST(IsTraining, SeesTheLockOfATrainer) {
  const TemporaryFolder folder;
  write(folder.path("run/.lock"), "");
  const RunLocation run = {"run", RunKind::kRun, folder.path("run"), std::string()};
  EXPECT_FALSE(is_training(run)) << "nobody holds the lock";
  const int lock = ::open(run.lock().path.c_str(), O_RDWR);
  ASSERT_GE(lock, 0);
  ASSERT_EQ(::flock(lock, LOCK_EX | LOCK_NB), 0);
  EXPECT_TRUE(is_training(run));
  ::close(lock);
  EXPECT_FALSE(is_training(run));
  EXPECT_FALSE(is_training({"file", RunKind::kFile, std::string(), folder.path("x.safetensors")}));
}

}  // namespace
}  // namespace charrnn
