// A run that is interrupted anywhere and resumed ends with the same bits as one that never was.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "train/run_folder.h"
#include "train/testing/trainer_fixture.h"

namespace charrnn {
namespace {

bool same(const Parameters& a, const Parameters& b) {
  return a.values().size() == b.values().size() &&
         (a.values().empty() ||  // memcmp wants two arrays, even of no bytes
          std::memcmp(a.values().data(), b.values().data(), a.values().size_bytes()) == 0);
}

bool same_number(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

// Everything but the times.
void expect_same_reports(const std::vector<Report>& a, const std::vector<Report>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].step, b[i].step);
    EXPECT_EQ(a[i].epoch, b[i].epoch);
    EXPECT_TRUE(same_number(a[i].train_loss, b[i].train_loss)) << a[i].step;
    EXPECT_TRUE(same_number(a[i].validation_loss, b[i].validation_loss)) << a[i].step;
    EXPECT_TRUE(same_number(a[i].gradient_norm, b[i].gradient_norm)) << a[i].step;
    EXPECT_EQ(a[i].learning_rate, b[i].learning_rate);
  }
}

// Resumes from the checkpoint of every step and compares weights, model and reports at the end.
void expect_resumes_exactly(TrainingSettings settings, Device device) {
  settings.checkpoint_every = 1;
  SmallRun unbroken(settings, device);
  unbroken.run();
  const Checkpoint last = unbroken.trainer->checkpoint();
  const TemporaryFolder folder;
  const std::vector<Checkpoint>& saved = unbroken.store.checkpoints;
  ASSERT_EQ(saved.size(), static_cast<size_t>(settings.steps) + 1);
  for (const Checkpoint& checkpoint : saved) {
    SCOPED_TRACE(checkpoint.progress.step);
    write_checkpoint(folder.path("checkpoint"), checkpoint);
    SmallRun resumed(settings, device);
    resumed.resume(read_checkpoint(folder.path("checkpoint")));
    const Checkpoint end = resumed.trainer->checkpoint();
    EXPECT_TRUE(same(end.snapshot.weights, last.snapshot.weights));
    EXPECT_TRUE(same(end.snapshot.second_moment, last.snapshot.second_moment));
    EXPECT_TRUE(same(end.best, last.best));
    EXPECT_EQ(resumed.trainer->model().facts, unbroken.trainer->model().facts);
    EXPECT_EQ(end.carried, last.carried);
    std::vector<Report> reports;
    for (const Report& report : unbroken.store.reports) {
      if (report.step <= checkpoint.progress.step) reports.push_back(report);
    }
    reports.insert(reports.end(), resumed.store.reports.begin(), resumed.store.reports.end());
    expect_same_reports(reports, unbroken.store.reports);
  }
}

class ResumeTest : public testing::TestWithParam<std::tuple<Device, CellKind, Objective>> {};

TEST_P(ResumeTest, EndsAsIfItHadNeverStopped) {
  const auto [device, cell, objective] = GetParam();
  TrainingSettings settings = small_settings();
  settings.cell = cell;
  settings.objective = objective;
  settings.schedule = ScheduleKind::kCosine;
  settings.warmup_steps = 3;
  settings.weight_decay = 0.01;
  settings.dropout = 0.2;
  settings.output_dropout = 0.1;
  settings.average_decay = 0.9;
  expect_resumes_exactly(settings, device);
}

INSTANTIATE_TEST_SUITE_P(Engines, ResumeTest,
                         testing::Combine(testing::Values(Device::kReference, Device::kCpu),
                                          testing::Values(CellKind::kRnn, CellKind::kLstm,
                                                          CellKind::kGru),
                                          testing::Values(Objective::kAll, Objective::kLast)));

TEST(Resume, IsExactForRmspropWithoutAnAverageAndForOneHotInput) {
  TrainingSettings settings = small_settings();
  settings.optimizer = Optimizer::kRmsprop;
  settings.one_hot = true;
  settings.clip = Clip::kElement;
  settings.schedule = ScheduleKind::kStep;
  settings.decay_after = 1;
  expect_resumes_exactly(settings, Device::kReference);
}

// A file is written from the engine, one part after the other through one buffer.
TEST(Resume, FindsInTheFileWhatTheEngineHolds) {
  for (const bool one_hot : {false, true}) {
    for (const Optimizer optimizer : {Optimizer::kAdam, Optimizer::kRmsprop}) {
      for (const double average_decay : {0.0, 0.5}) {
        TrainingSettings settings = small_settings();
        settings.one_hot = one_hot;
        settings.optimizer = optimizer;
        settings.average_decay = average_decay;
        SmallRun run(settings, Device::kCpu);
        const TemporaryFolder folder;
        const auto store = RunFolder::create(folder.path("run"), false);
        TrainingParts parts = run.parts();
        parts.store = store.get();
        run.begin_with(parts);
        run.run();
        const Checkpoint saved = read_checkpoint(store->checkpoint_path());
        const Checkpoint now = run.trainer->checkpoint();
        for (const SnapshotPart part : kSnapshotParts) {
          EXPECT_TRUE(same(saved.snapshot[part], now.snapshot[part]));
        }
      }
    }
  }
}

TEST(Resume, IsExactWithoutAValidationPart) {
  TrainingSettings settings = small_settings();
  settings.validation_fraction = 0;
  expect_resumes_exactly(settings, Device::kReference);
}

TEST(Resume, GoesOnAfterASignalAsIfThereHadBeenNone) {
  const TrainingSettings settings = small_settings();
  SmallRun unbroken(settings);
  unbroken.run();
  SmallRun stopped(settings);
  stopped.observer.stop_at = 13;
  EXPECT_EQ(stopped.run(), StopReason::kSignal);
  ASSERT_EQ(stopped.store.checkpoints.size(), 1u);
  SmallRun resumed(settings);
  EXPECT_EQ(resumed.resume(stopped.store.checkpoints[0]), StopReason::kSteps);
  EXPECT_TRUE(same(resumed.trainer->checkpoint().snapshot.weights,
                   unbroken.trainer->checkpoint().snapshot.weights));
  EXPECT_TRUE(same(resumed.trainer->model().weights, unbroken.trainer->model().weights));
}

TEST(Resume, OfAFinishedRunChangesNothing) {
  SmallRun finished(small_settings());
  finished.run();
  SmallRun again(small_settings());
  EXPECT_EQ(again.resume(finished.store.checkpoints.back()), StopReason::kSteps);
  EXPECT_TRUE(same(again.trainer->model().weights, finished.trainer->model().weights));
  EXPECT_TRUE(again.store.reports.empty());
}

}  // namespace
}  // namespace charrnn
