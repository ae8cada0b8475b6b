#include "train/checkpoint/run_saver.h"

#include <gtest/gtest.h>

#include <vector>

#include "train/testing/trainer_fixture.h"

namespace charrnn {
namespace {

// On a clock that is set by hand.
struct SaverTest : testing::Test {
  RunSaver saver(int64_t every_steps, double interval) {
    return RunSaver({.store = &store,
                     .every_steps = every_steps,
                     .interval = interval,
                     .checkpoint =
                         [this] {
                           now += takes;
                           return CheckpointSource(checkpoint);
                         },
                     .model = [] { return Model{.weights = {}, .vocabulary = {}, .facts = {}}; },
                     .seconds = [this] { return now; },
                     .warn = [this](const std::string& text) { warnings.push_back(text); }});
  }

  MemoryStore store;
  Checkpoint checkpoint;
  std::vector<std::string> warnings;
  double now = 100, takes = 0;
};

TEST_F(SaverTest, SavesByStepsAndByTheClock) {
  RunSaver saver = this->saver(5, 30);
  saver.begin(true);
  EXPECT_FALSE(saver.save_if_due(4, false));
  EXPECT_TRUE(saver.save_if_due(5, false));
  now += 29;
  EXPECT_FALSE(saver.save_if_due(6, false));
  now += 1;
  EXPECT_TRUE(saver.save_if_due(6, false));
  EXPECT_EQ(store.checkpoints.size(), 2u);
  EXPECT_EQ(store.models.size(), 2u);
}

TEST_F(SaverTest, SpendsAtMostATwentiethOfTheTimeOnSaving) {
  RunSaver saver = this->saver(0, 30);
  saver.begin(true);
  takes = 10;
  saver.save(true);
  EXPECT_EQ(saver.save_seconds(), 10);
  now += 199;
  EXPECT_FALSE(saver.save_if_due(1, true));
  now += 1;
  EXPECT_TRUE(saver.save_if_due(1, true));
}

TEST_F(SaverTest, WritesTheBestModelOnceAndTheLastOneEachTime) {
  RunSaver saver = this->saver(0, 30);
  saver.begin(true);
  saver.save_best();
  saver.save(true);
  EXPECT_EQ(store.models.size(), 1u);
  saver.save(false);
  saver.save(false);
  EXPECT_EQ(store.models.size(), 3u);
}

TEST_F(SaverTest, TriesAgainAfterAFailureAndThenWritesTheModelToo) {
  RunSaver saver = this->saver(1, 30);
  saver.begin(true);
  store.failing = true;
  saver.save_best();
  EXPECT_FALSE(saver.save_if_due(1, true));
  EXPECT_EQ(warnings.size(), 2u);
  EXPECT_THROW(saver.save(true), Error);
  store.failing = false;
  EXPECT_TRUE(saver.save_if_due(2, true));
  EXPECT_EQ(store.models.size(), 1u);
}

TEST_F(SaverTest, SavesNothingWithoutAStore) {
  RunSaver saver({.seconds = [] { return 0.0; }});
  saver.begin(true);
  saver.save(false);
  saver.save_best();
  EXPECT_FALSE(saver.save_if_due(1, false));
}

}  // namespace
}  // namespace charrnn
