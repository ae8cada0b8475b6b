// Saving a model while the disk fails, the power goes or others read: the old or the new one,
// never a mix.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/error.h"
#include "base/files/file.h"
#include "base/testing/faulty_file_system.h"
#include "base/testing/temporary_folder.h"
#include "model/testing/random_model.h"

namespace charrnn {
namespace {

constexpr ModelConfig kConfig = {CellKind::kLstm, 1, 7, 3, 5, false};

int count_files(const std::string& folder) {
  const auto files = std::filesystem::directory_iterator(folder);
  return static_cast<int>(std::distance(begin(files), end(files)));
}

struct Models {
  Model old_model = random_model(kConfig, 1), new_model = random_model(kConfig, 2);
  std::string old_bytes = bytes(old_model), new_bytes = bytes(new_model);

  static std::string bytes(const Model& model) {
    const TemporaryFolder folder;
    write_model(folder.path("m"), model);
    return read_file(folder.path("m"));
  }
};

// Whether the save went through with its N-th call failing.
bool save(const std::string& path, const Model& model, FileSystem& files) {
  try {
    write_model(path, model, files);
    return true;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kIo);
    EXPECT_NE(std::string(error.what()).find(path), std::string::npos);
    return false;
  }
}

TEST(ModelSave, FailsCleanlyWhicheverCallOfTheSystemFails) {
  const Models models;
  for (const int error_number : {ENOSPC, EIO}) {
    for (const bool sticky : {false, true}) {
      bool saved = false;
      for (int n = 1; !saved; ++n) {
        ASSERT_LT(n, 1000);
        const TemporaryFolder folder;
        std::ofstream(folder.path("m")) << models.old_bytes;
        FaultyFileSystem files(real_file_system(), n, error_number, sticky);
        saved = save(folder.path("m"), models.new_model, files);
        const std::string found = read_file(folder.path("m"));
        EXPECT_TRUE(found == models.new_bytes || (!saved && found == models.old_bytes)) << n;
        EXPECT_TRUE(sticky || count_files(folder.path()) == 1) << n;
        EXPECT_TRUE(!saved || n > files.calls());  // every call has failed once
      }
    }
  }
}

TEST(ModelSave, LeavesTheOldOrTheNewModelWheneverThePowerGoes) {
  const Models models;
  bool finished = false;
  int old_models = 0, new_models = 0;
  for (int n = 1; !finished; ++n) {
    ASSERT_LT(n, 1000);
    for (uint32_t seed = 0; seed < 40; ++seed) {
      PowerLossFileSystem disk;
      write_model("run/m", models.old_model, disk);
      FaultyFileSystem files(disk, n, EIO, true);  // the machine stops at call n
      finished = save("run/m", models.new_model, files);
      const auto survivors = disk.after_power_loss(seed);
      ASSERT_EQ(survivors.count("run/m"), 1u);
      const std::string& found = survivors.at("run/m");
      EXPECT_TRUE(found == models.new_bytes || (!finished && found == models.old_bytes))
          << "call " << n << ", seed " << seed;
      (found == models.new_bytes ? new_models : old_models) += 1;
    }
  }
  EXPECT_GT(old_models, 0);
  EXPECT_GT(new_models, 0);
}

TEST(ModelSave, GivesReadersACompleteModelAtAnyMoment) {
  const Models models;
  const TemporaryFolder folder;
  write_model(folder.path("m"), models.old_model);
  std::vector<std::thread> readers;
  std::atomic<int> wrong = 0, reads = 0;
  std::atomic<bool> done = false;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      do {
        try {
          const Model model = read_model(folder.path("m"));
          const bool whole =
              std::ranges::equal(model.weights.values(), models.old_model.weights.values()) ||
              std::ranges::equal(model.weights.values(), models.new_model.weights.values());
          wrong += whole ? 0 : 1;
        } catch (const Error&) {
          ++wrong;
        }
        ++reads;
      } while (!done);
    });
  }
  for (int i = 0; i < 100; ++i) {
    write_model(folder.path("m"), i % 2 == 0 ? models.new_model : models.old_model);
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GE(reads, 2);
}

}  // namespace
}  // namespace charrnn
