// What a run does to the files around it: nothing but to its own.
#include "train/run_folder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/files/file.h"
#include "base/testing/faulty_file_system.h"
#include "train/testing/trainer_fixture.h"

namespace charrnn {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHeading = "# A run of charrnn 0.0.0\n";
constexpr std::array kNames = {"model.safetensors",
                               "checkpoint.safetensors",
                               "checkpoint.previous.safetensors",
                               "config.toml",
                               "metrics.jsonl",
                               "samples.jsonl",
                               "text.txt",
                               "passage.txt"};

std::string code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  return "none";
}

class RunFiles : public testing::Test {
 protected:
  // Everything that a training writes.
  static void train(SmallRun& run, RunFolder& folder) {
    folder.write_config(kHeading);
    folder.write_text("text");
    folder.write_passage("passage");
    folder.begin_metrics(0);
    TrainingParts parts = run.parts();
    parts.store = &folder;
    run.begin_with(parts);
    run.start();
    run.trainer->run();
    folder.append_sample(4, "sample");
  }
  static TrainingSettings settings() {
    TrainingSettings settings = small_settings();
    settings.steps = 2;
    settings.evaluate_every = 2;
    settings.checkpoint_every = 1;
    settings.hidden_size = 3;
    settings.layers = 1;
    return settings;
  }

  TemporaryFolder outside_;
  std::string path_ = outside_.path("run");
};

TEST_F(RunFiles, OfSomebodyElseAreNeverReplaced) {
  for (const char* name : kNames) {
    for (const bool force : {false, true}) {
      const std::string folder = outside_.path(std::string("corpora of ") + name);
      fs::create_directories(folder);
      replace_file(folder + "/" + name, "the user's own");
      EXPECT_EQ(code_of([&] { RunFolder::create(folder, force); }), "file_in_the_way") << name;
      EXPECT_EQ(read_file(folder + "/" + name), "the user's own");
      EXPECT_FALSE(fs::exists(folder + ".old"));
    }
  }
}

TEST_F(RunFiles, LinksThatLeadNowhereAreInTheWayToo) {
  fs::create_directories(path_);
  fs::create_symlink("../made", path_ + "/passage.txt");
  EXPECT_EQ(code_of([&] { RunFolder::create(path_, false); }), "file_in_the_way");
}

TEST_F(RunFiles, OfARunAreThoseThatCharrnnMarked) {
  fs::create_directories(path_);
  EXPECT_FALSE(RunFolder::exists(path_));
  replace_file(path_ + "/config.toml", "[package]\nname = \"a program\"\n");
  EXPECT_FALSE(RunFolder::exists(path_));
  replace_file(path_ + "/config.toml", kHeading);
  EXPECT_TRUE(RunFolder::exists(path_));
  fs::remove(path_ + "/config.toml");
  SmallRun run(settings());
  run.run();
  write_model(path_ + "/model.safetensors", run.trainer->model());
  EXPECT_TRUE(RunFolder::exists(path_));
  fs::rename(path_ + "/model.safetensors", path_ + "/other");
  fs::create_symlink("other", path_ + "/model.safetensors");
  EXPECT_FALSE(RunFolder::exists(path_));
  fs::remove(path_ + "/model.safetensors");
  write_checkpoint(path_ + "/checkpoint.safetensors", run.trainer->checkpoint());
  EXPECT_TRUE(RunFolder::exists(path_));
}

// A run that somebody sent.
TEST_F(RunFiles, ThatAreLinksOrPipesAreRefusedBeforeAnythingIsWritten) {
  SmallRun run(settings());
  train(run, *RunFolder::create(path_, false));
  const std::string victim = outside_.path("victim");
  replace_file(victim, "the user's own");
  for (const char* name : kNames) {
    const std::string file = path_ + "/" + name, aside = outside_.path("aside");
    const bool was_there = fs::exists(file);
    if (was_there) fs::rename(file, aside);
    for (const bool is_pipe : {false, true}) {
      if (is_pipe) {
        ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
      } else {
        fs::create_symlink(victim, file);
      }
      EXPECT_EQ(code_of([&] { RunFolder::open(path_); }), "not_a_file") << name;
      EXPECT_EQ(read_file(victim), "the user's own") << name;
      fs::remove(file);
    }
    if (was_there) fs::rename(aside, file);
  }
  EXPECT_EQ(code_of([&] { RunFolder::open(path_); }), "none");
}

TEST_F(RunFiles, AreNotTexts) {
  const auto run = RunFolder::create(path_, false);
  run->write_passage("a text by now");
  run->write_text("the copy of a text");
  run->must_not_be_texts({outside_.path("none"), path_ + "/text.txt"});
  EXPECT_EQ(code_of([&] { run->must_not_be_texts({path_ + "/passage.txt"}); }), "file_in_the_way");
}

TEST_F(RunFiles, StayOutOfAFolderThatTookTheRunsName) {
  SmallRun run(settings());
  const auto folder = RunFolder::create(path_, false);
  train(run, *folder);
  const std::string elsewhere = outside_.path("elsewhere");
  fs::rename(path_, elsewhere);
  fs::create_directory(path_);
  const Checkpoint checkpoint = run.trainer->checkpoint();
  EXPECT_EQ(code_of([&] { folder->save(checkpoint); }), "folder_moved");
  EXPECT_EQ(code_of([&] { folder->save_model(run.trainer->model()); }), "folder_moved");
  EXPECT_EQ(code_of([&] { folder->write_config(kHeading); }), "folder_moved");
  EXPECT_TRUE(fs::is_empty(path_));
  fs::remove(path_);
  fs::rename(elsewhere, path_);
  EXPECT_EQ(code_of([&] { folder->save(checkpoint); }), "none") << "it has its name again";
}

TEST_F(RunFiles, TrainingSaysThatItsFolderWasMovedAndEndsWithAnError) {
  SmallRun run(settings());
  const auto folder = RunFolder::create(path_, false);
  fs::rename(path_, outside_.path("elsewhere"));
  TrainingParts parts = run.parts();
  parts.store = folder.get();
  run.begin_with(parts);
  run.start();
  EXPECT_EQ(code_of([&] { run.trainer->run(); }), "folder_moved");
  ASSERT_FALSE(run.observer.warnings.empty());
  EXPECT_NE(run.observer.warnings[0].find("not saved, will try again"), std::string::npos);
  EXPECT_FALSE(fs::exists(path_));
}

// At every call to the file system, once and from then on: training ends well or with an error of
// the file system, and what is in the folder is whole: of this step or an earlier one.
TEST_F(RunFiles, AreWholeWhicheverCallFails) {
  fs::create_directory(path_);
  for (const bool sticky : {false, true}) {
    for (int n = 1;; n += sticky ? 4 : 1) {
      SCOPED_TRACE(n);
      for (const auto& entry : fs::directory_iterator(path_)) fs::remove(entry);
      std::unique_ptr<FaultyFileSystem> faulty;
      {
        SmallRun run(settings());
        const auto folder = RunFolder::create(path_, false);
        folder->write_through([&](FileSystem& own) -> FileSystem& {
          faulty = std::make_unique<FaultyFileSystem>(own, n, ENOSPC, sticky);
          faulty->leave_out_syncs();
          return *faulty;
        });
        try {
          train(run, *folder);
        } catch (const Error& error) {
          EXPECT_EQ(error.kind(), ErrorKind::kIo) << error.what();
        }
      }
      for (const char* name : {"checkpoint.safetensors", "checkpoint.previous.safetensors"}) {
        if (fs::exists(path_ + "/" + name)) {
          EXPECT_GE(read_checkpoint(path_ + "/" + name).progress.step, 1);
        }
      }
      if (fs::exists(path_ + "/model.safetensors")) read_model(path_);
      if (!sticky) {
        for (const auto& entry : fs::directory_iterator(path_)) {
          EXPECT_FALSE(entry.path().filename().string().starts_with(kTemporaryPrefix));
        }
      }
      if (faulty->calls() < n) break;
      ASSERT_LT(n, 1000);
    }
  }
}

// From the first checkpoint on there is one to go on from, this one or the one before, and what
// else the folder has is whole.
TEST_F(RunFiles, HoldACheckpointWheneverThePowerGoes) {
  SmallRun run(settings());
  run.run();
  ASSERT_GE(run.store.checkpoints.size(), 2u);
  const auto save_all = [&](RunFolder& folder) {
    folder.write_config(kHeading);
    folder.write_text("text");
    folder.save(run.store.checkpoints[1]);
    folder.save_model(run.store.models.back());
  };
  // The files, where the machine stops at call n and everything is well until then.
  const auto left_after = [&](int n, uint32_t seed, bool& finished) {
    PowerLossFileSystem disk;
    FaultyFileSystem stopping(disk, n, EIO, true);
    const auto folder = RunFolder::create(path_, false);
    folder->write_through([&](FileSystem&) -> FileSystem& { return disk; });
    folder->save(run.store.checkpoints[0]);
    folder->write_through([&](FileSystem&) -> FileSystem& { return stopping; });
    finished = code_of([&] { save_all(*folder); }) == "none";
    auto files = disk.after_power_loss(seed);
    std::erase_if(files, [](const auto& file) { return file.first.find("/.") != file.first.npos; });
    return files;
  };
  bool finished = false;
  const auto first = left_after(1, 0, finished);
  const auto whole = left_after(100'000, 0, finished);
  ASSERT_TRUE(finished);
  ASSERT_EQ(first.size(), 1u);
  ASSERT_EQ(whole.size(), 5u) << "two checkpoints, model, configuration and text";
  const std::string checkpoint = path_ + "/checkpoint.safetensors";
  std::set<std::string> left;  // contents of the checkpoint
  finished = false;
  for (int n = 1; !finished; ++n) {
    for (uint32_t seed = 0; seed < 8; ++seed) {
      SCOPED_TRACE(fmt::format("call {}, seed {}", n, seed));
      const auto files = left_after(n, seed, finished);
      ASSERT_TRUE(files.contains(checkpoint));
      for (const auto& [path, content] : files) {
        const bool is_old = path == checkpoint && content == first.at(checkpoint) && !finished;
        EXPECT_TRUE(content == whole.at(path) || is_old) << path;
      }
      left.insert(files.at(checkpoint));
    }
  }
  EXPECT_EQ(left.size(), 2u);
}

// Also where the newest checkpoint is bad, which going on would move aside.
TEST_F(RunFiles, StayAsTheyAreWhereTheyAreOnlyRead) {
  struct File {
    std::string name, bytes;
    fs::file_time_type time;
    bool operator==(const File&) const = default;
  };
  const auto files = [this] {
    std::vector<File> all;
    for (const auto& entry : fs::directory_iterator(path_)) {
      all.push_back({entry.path().filename(), read_file(entry.path()), entry.last_write_time()});
    }
    std::ranges::sort(all, {}, &File::name);
    return all;
  };
  {
    SmallRun run(settings());
    train(run, *RunFolder::create(path_, false));
  }
  std::ofstream(path_ + "/" + std::string(kTemporaryPrefix) + "1") << "of a killed process";
  for (const bool is_bad : {false, true}) {
    if (is_bad) fs::resize_file(path_ + "/checkpoint.safetensors", 1000);
    fs::remove(path_ + "/.lock");
    const std::vector<File> before = files();
    std::string note;
    EXPECT_NE(RunFolder::open(path_, true)->read_checkpoint(note).progress.step, 0);
    EXPECT_EQ(note.empty(), !is_bad);
    EXPECT_EQ(note.find("is now"), note.npos);
    EXPECT_TRUE(files() == before) << is_bad;
  }
  const auto trainer = RunFolder::open(path_);
  EXPECT_EQ(code_of([&] { RunFolder::open(path_, true); }), "none") << "while another one trains";
}

}  // namespace
}  // namespace charrnn
