#include "train/checkpoint/checkpoint.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "base/files/file.h"
#include "model/file/safetensors.h"
#include "train/run_folder.h"
#include "train/testing/trainer_fixture.h"

namespace charrnn {
namespace {

Checkpoint any_checkpoint() {
  TrainingSettings settings = small_settings();
  settings.steps = 6;
  settings.average_decay = 0.5;
  SmallRun run(settings);
  run.run();
  return run.store.checkpoints.back();
}

template <class Action>
ErrorKind kind_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.kind();
  }
  ADD_FAILURE() << "accepted";
  return ErrorKind::kInternal;
}

TEST(Checkpoint, ComesBackFromItsFileAsItWas) {
  const TemporaryFolder folder;
  Checkpoint checkpoint = any_checkpoint();
  checkpoint.progress.validation_loss = kUnknown;
  checkpoint.progress.loss_sum = 0.1 + 0.2;
  checkpoint.corpus_hash = ~uint64_t{0} - 5;
  checkpoint.progress.updates = 4;
  checkpoint.progress.changes = {{0, 5}, {5, 9, true}};
  checkpoint.early_stopping = {.losses_without_gain = 2, .gain_loss = 1.5};
  checkpoint.divergence = {.recent = {{1, 2}, {3, 4}}, .rollbacks = 1, .good_updates = 3};
  checkpoint.settings["text"] = {"a", "\"b\"\n"};
  write_checkpoint(folder.path("c"), checkpoint);
  const Checkpoint back = read_checkpoint(folder.path("c"));
  EXPECT_EQ(back.config(), checkpoint.config());
  EXPECT_EQ(back.carried, checkpoint.carried);
  EXPECT_EQ(back.generator, checkpoint.generator);
  EXPECT_EQ(back.vocabulary, checkpoint.vocabulary);
  EXPECT_EQ(back.corpus_hash, checkpoint.corpus_hash);
  EXPECT_EQ(back.settings, checkpoint.settings);
  EXPECT_EQ(back.progress.step, 6);
  EXPECT_EQ(back.progress.updates, 4);
  EXPECT_EQ(back.progress.changes, checkpoint.progress.changes);
  EXPECT_EQ(back.early_stopping.losses_without_gain, 2);
  EXPECT_EQ(back.early_stopping.gain_loss, 1.5);
  EXPECT_EQ(back.divergence.recent.gradient_norms, checkpoint.divergence.recent.gradient_norms);
  EXPECT_EQ(back.divergence.rollbacks, 1);
  EXPECT_EQ(back.divergence.good_updates, 3);
  EXPECT_EQ(back.progress.loss_sum, 0.1 + 0.2);
  EXPECT_TRUE(std::isnan(back.progress.validation_loss));
  EXPECT_FALSE(back.snapshot.ema.empty());
  EXPECT_FALSE(back.best.empty());
}

TEST(Checkpoint, BrokenOnesAreRefusedWhereverTheyAreBroken) {
  const TemporaryFolder folder;
  const Checkpoint checkpoint = any_checkpoint();
  write_checkpoint(folder.path("c"), checkpoint);
  const std::string whole = read_file(folder.path("c"));
  size_t refused = 0;
  for (size_t size = 0; size < whole.size(); size += 97) {
    std::ofstream(folder.path("short"), std::ios::binary) << whole.substr(0, size);
    EXPECT_EQ(kind_of([&] { read_checkpoint(folder.path("short")); }), ErrorKind::kModel) << size;
  }
  for (size_t place = 0; place < whole.size(); place += 61) {
    std::string changed = whole;
    changed[place] = static_cast<char>(changed[place] ^ 0x20);
    std::ofstream(folder.path("changed"), std::ios::binary) << changed;
    try {
      const Checkpoint back = read_checkpoint(folder.path("changed"));
      // A space in the header turned into another blank, or the reverse, changes nothing.
      EXPECT_EQ(back.settings, checkpoint.settings) << place;
      EXPECT_EQ(back.carried, checkpoint.carried) << place;
      EXPECT_EQ(back.best.values().size(), checkpoint.best.values().size()) << place;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kModel) << place << ": " << error.what();
      ++refused;
    }
  }
  EXPECT_GT(refused, whole.size() / 61 * 9 / 10);
}

TEST(Checkpoint, OfANewerFormatNamesTheProgramThatMadeIt) {
  const TemporaryFolder folder;
  const std::vector<float> values = {1};
  write_safetensors(folder.path("c"), {{"x", {1}, std::span<const float>(values)}},
                    {{"charrnn_checkpoint", "2"}, {"charrnn_version", "2.3.4"}});
  try {
    read_checkpoint(folder.path("c"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kModel);
    EXPECT_NE(std::string(error.what()).find("made by charrnn 2.3.4"), std::string::npos);
  }
}

TEST(Checkpoint, ModelFileIsNone) {
  const TemporaryFolder folder;
  SmallRun run(small_settings());
  run.run();
  write_model(folder.path("m"), run.trainer->model());
  EXPECT_EQ(kind_of([&] { read_checkpoint(folder.path("m")); }), ErrorKind::kModel);
}

TEST(RunFolder, FallsBackToTheCheckpointBeforeABrokenOne) {
  const TemporaryFolder folder;
  const std::string path = folder.path("run");
  Checkpoint checkpoint = any_checkpoint();
  const auto run = RunFolder::create(path, false);
  run->save(checkpoint);
  checkpoint.progress.step = 77;
  run->save(checkpoint);
  std::string note;
  EXPECT_EQ(run->read_checkpoint(note).progress.step, 77);
  EXPECT_EQ(note, "");
  std::filesystem::resize_file(run->checkpoint_path(), 1000);
  EXPECT_EQ(run->read_checkpoint(note).progress.step, 6);
  EXPECT_NE(note.find("the one before it"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(run->checkpoint_path() + ".corrupt"));
}

TEST(RunFolder, WithoutAnyGoodCheckpointIsAnError) {
  const TemporaryFolder folder;
  const auto run = RunFolder::create(folder.path("run"), false);
  run->save(any_checkpoint());
  std::filesystem::resize_file(run->checkpoint_path(), 1000);
  std::string note;
  EXPECT_EQ(kind_of([&] { run->read_checkpoint(note); }), ErrorKind::kModel);
  EXPECT_TRUE(std::filesystem::exists(run->checkpoint_path())) << "untouched";
}

TEST(RunFolder, IsNotTouchedWhereARunIsThere) {
  const TemporaryFolder folder;
  const std::string path = folder.path("run");
  const std::string config = "# A run of charrnn 0.0.0\nlayers = 1\n";
  { RunFolder::create(path, false)->write_config(config); }
  EXPECT_EQ(kind_of([&] { RunFolder::create(path, false); }), ErrorKind::kUsage);
  EXPECT_EQ(read_file(path + "/config.toml"), config);
}

TEST(RunFolder, MovesAnOldRunAside) {
  const TemporaryFolder folder;
  const std::string path = folder.path("run");
  const std::string heading = "# A run of charrnn 0.0.0\n";
  for (const char* text : {"one", "two", "three"}) {
    RunFolder::create(path + "/", true)->write_config(heading + text);
  }
  EXPECT_EQ(read_file(path + "/config.toml"), heading + "three");
  EXPECT_EQ(read_file(path + ".old/config.toml"), heading + "one");
  EXPECT_EQ(read_file(path + ".old2/config.toml"), heading + "two");
}

TEST(RunFolder, BelongsToOneTrainerAtATime) {
  const TemporaryFolder folder;
  const auto run = RunFolder::create(folder.path("run"), false);
  run->save(any_checkpoint());
  EXPECT_EQ(kind_of([&] { RunFolder::open(folder.path("run")); }), ErrorKind::kIo);
}

TEST(RunFolder, IsNotMadeAnewWhereItHasGone) {
  const TemporaryFolder folder;
  const auto run = RunFolder::create(folder.path("run"), false);
  std::filesystem::remove_all(folder.path("run"));
  EXPECT_EQ(kind_of([&] { run->save(any_checkpoint()); }), ErrorKind::kIo);
  EXPECT_FALSE(std::filesystem::exists(folder.path("run")));
}

}  // namespace
}  // namespace charrnn
