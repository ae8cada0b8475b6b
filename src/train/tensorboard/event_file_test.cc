#include "train/tensorboard/event_file.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cmath>
#include <filesystem>
#include <limits>

#include "base/error.h"
#include "base/files/file.h"
#include "base/testing/faulty_file_system.h"
#include "base/testing/temporary_folder.h"
#include "train/tensorboard/tensorboard_store.h"
#include "train/testing/trainer_fixture.h"

// tests/tensorboard_test.py reads whole files; here is what goes wrong around them.
namespace charrnn {
namespace {

// Opened, version and start written, one event written: the fifth call fails.
TEST(EventFile, TellsOnceOfAFullDisk) {
  const TemporaryFolder folder;
  FaultyFileSystem files(real_file_system(), 5, ENOSPC, false);
  EventFile events(folder.path("e"), 1, files);
  EXPECT_EQ(events.add_scalars(1, {{"a", 1}}), "");
  const std::string why = events.add_text(2, "t", "text");
  EXPECT_NE(why.find("no more events in " + folder.path("e")), std::string::npos) << why;
  const auto size = std::filesystem::file_size(folder.path("e"));
  EXPECT_EQ(events.add_scalars(3, {{"a", 1}}), "");
  EXPECT_EQ(std::filesystem::file_size(folder.path("e")), size);
}

TEST(EventFile, IsAnErrorWhereItCannotBegin) {
  const TemporaryFolder folder;
  for (int call = 1; call <= 3; ++call) {
    FaultyFileSystem files(real_file_system(), call, ENOSPC, true);
    EXPECT_THROW(EventFile(folder.path(std::to_string(call)), 1, files), Error) << call;
  }
}

TEST(EventFile, LeavesWhatIsThereAlone) {
  const TemporaryFolder folder;
  replace_file(folder.path("kept"), "kept");
  std::filesystem::create_symlink(folder.path("kept"), folder.path("link"));
  std::filesystem::create_symlink(folder.path("new"), folder.path("dangling"));
  for (const char* name : {"kept", "link", "dangling"}) {
    EXPECT_THROW(EventFile(folder.path(name), 1), Error) << name;
  }
  EXPECT_EQ(read_file(folder.path("kept")), "kept");
  EXPECT_FALSE(std::filesystem::exists(folder.path("new")));
}

// One value needs no width, and NaN no place.
TEST(EventFile, LeavesOutWhatIsNotFinite) {
  const TemporaryFolder folder;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> same(7, 0.5f), bad = {1, nan}, none;
  EventFile events(folder.path("e"), 1);
  events.add_scalars(1, {{"fine", 1}, {"worse", NAN}, {"large", 1e300}});
  events.add_histograms(1, {{"same", same}, {"bad", bad}, {"none", none}});
  const std::string content = read_file(folder.path("e"));
  EXPECT_NE(content.find("fine"), std::string::npos);
  EXPECT_NE(content.find("same"), std::string::npos);
  for (const char* tag : {"worse", "large", "bad", "none"}) {
    EXPECT_EQ(content.find(tag), std::string::npos) << tag;
  }
}

// A training whose events cannot be written goes on, and its run has all.
TEST(TensorBoardStore, KeepsTheRunsOwnFilesFirst) {
  struct Memory : TrainingStore {
    void save(const CheckpointSource&) override { ++saved; }
    void save_model(const Model&) override { ++models; }
    std::string append(const Report&) override {
      ++reports;
      return "own";
    }
    int saved = 0, models = 0, reports = 0;
  } memory;
  const TemporaryFolder folder;
  TensorBoardStore store(memory, {.folder = folder.path("a/b"), .step = [] { return 7; }});
  EXPECT_EQ(store.append(Report{.step = 8}), "own");
  store.save_model(Model());
  EXPECT_EQ(memory.reports + memory.models, 2);
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path("a/b"))) {
    files += entry.path().filename().string().starts_with("events.out.tfevents.") ? 1 : 0;
  }
  EXPECT_EQ(files, 1);
}

}  // namespace
}  // namespace charrnn
