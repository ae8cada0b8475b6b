#include "text/batches.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace charrnn {
namespace {

// Ids that tell where they stand: i mod 251.
IdArray ids_of_size(size_t size) {
  IdArray ids(251);
  for (size_t i = 0; i < size; ++i) ids.push_back(static_cast<int32_t>(i % 251));
  return ids;
}

TEST(StreamBatches, ContinueEachStreamFromBatchToBatch) {
  for (const auto& [size, streams, steps] : {std::tuple{1000u, 7, 16},
                                             {33u, 1, 16},
                                             {115u, 19, 3},
                                             {8u, 7, 1},
                                             {2u, 1, 1},
                                             {501u, 10, 50}}) {
    const IdArray text = ids_of_size(size);
    const auto batches = make_stream_batches(view(text), streams, steps);
    MersenneTwister generator(1);
    batches->start_epoch(0, generator);
    EXPECT_EQ(generator.u32(), MersenneTwister(1).u32());  // streams draw nothing
    EXPECT_FALSE(batches->last_step_only());
    const size_t piece = (size - 1) / streams;
    ASSERT_EQ(batches->batches_per_epoch(), static_cast<int64_t>(piece / steps));
    BatchIds ids;
    for (int64_t batch = 0; batch < batches->batches_per_epoch(); ++batch) {
      batches->fill(batch, ids);
      ASSERT_EQ(ids.inputs.size(), static_cast<size_t>(streams * steps));
      ASSERT_EQ(ids.targets.size(), ids.inputs.size());
      for (int step = 0; step < steps; ++step) {
        for (int stream = 0; stream < streams; ++stream) {
          const size_t place = stream * piece + batch * steps + step;
          ASSERT_EQ(ids.inputs[step * streams + stream], text[place]);
          ASSERT_EQ(ids.targets[step * streams + stream], text[place + 1]);
        }
      }
    }
  }
}

// The places of a text that are targets in these epochs.
std::set<size_t> targets_of(size_t size, int streams, int steps, int epochs) {
  IdArray text(static_cast<int64_t>(size));
  for (size_t i = 0; i < size; ++i) text.push_back(static_cast<int32_t>(i));
  const auto batches = make_stream_batches(view(text), streams, steps, {}, true);
  MersenneTwister generator(5);
  std::set<size_t> places;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    batches->start_epoch(epoch, generator);
    BatchIds ids;
    for (int64_t batch = 0; batch < batches->batches_per_epoch(); ++batch) {
      batches->fill(batch, ids);
      for (size_t i = 0; i < ids.inputs.size(); ++i) {
        EXPECT_EQ(ids.targets[i], ids.inputs[i] + 1);
        places.insert(static_cast<size_t>(ids.targets[i]));
      }
    }
  }
  return places;
}

TEST(StreamBatches, WithAnOffsetLeaveNothingOut) {
  for (const auto& [size, streams, steps] :
       {std::tuple{1000u, 7, 16}, {5000u, 32, 96}, {501u, 10, 50}, {33u, 1, 16}, {97u, 3, 31}}) {
    SCOPED_TRACE(size);
    EXPECT_EQ(targets_of(size, streams, steps, 2).size(), size - 1);
  }
  EXPECT_EQ(targets_of(800, 32, 24, 60).size(), 799u);  // one batch an epoch and a long rest
}

TEST(StreamBatches, DrawTheOffsetOfLaterEpochsFromTheGenerator) {
  const IdArray text = ids_of_size(1000);
  const auto batches = make_stream_batches(view(text), 7, 16, {}, true);
  const auto first_of = [&](int64_t epoch, uint64_t seed) {
    MersenneTwister generator(seed);
    batches->start_epoch(epoch, generator);
    BatchIds ids;
    batches->fill(0, ids);
    return ids.inputs.front();
  };
  EXPECT_EQ(first_of(0, 1), 0);
  std::set<int32_t> offsets;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    offsets.insert(first_of(2, seed));
    EXPECT_EQ(first_of(2, seed), first_of(3, seed));
  }
  EXPECT_EQ(offsets.size(), 20u);  // 0 to 999 - 6 * 142 - 8 * 16
  EXPECT_EQ(*offsets.rbegin(), 19);
}

TEST(WindowBatches, VisitEachWindowOnceInAnEpochButForTheLastPartialBatch) {
  const IdArray text = ids_of_size(200);
  constexpr int kSteps = 16, kStreams = 7;
  const auto batches = make_window_batches(view(text), kStreams, kSteps);
  EXPECT_TRUE(batches->last_step_only());
  ASSERT_EQ(batches->batches_per_epoch(), (200 - kSteps) / kStreams);
  MersenneTwister generator(9), same(9);
  for (int epoch = 0; epoch < 2; ++epoch) {
    batches->start_epoch(epoch, generator);
    const std::vector<int64_t> order = draw_order(200 - kSteps, same);
    std::set<int32_t> begins;
    BatchIds ids;
    for (int64_t batch = 0; batch < batches->batches_per_epoch(); ++batch) {
      batches->fill(batch, ids);
      ASSERT_EQ(ids.targets.size(), static_cast<size_t>(kStreams));
      for (int stream = 0; stream < kStreams; ++stream) {
        const int64_t begin = order[batch * kStreams + stream];
        for (int step = 0; step < kSteps; ++step) {
          ASSERT_EQ(ids.inputs[step * kStreams + stream], text[begin + step]);
        }
        ASSERT_EQ(ids.targets[stream], text[begin + kSteps]);
        begins.insert(ids.inputs[stream]);
      }
    }
    EXPECT_EQ(begins.size(), static_cast<size_t>(batches->batches_per_epoch() * kStreams));
  }
}

TEST(WindowBatches, CountAsTheNotebookDoes) {
  const IdArray text = ids_of_size(798);
  EXPECT_EQ(make_window_batches(view(text), 64, 40)->batches_per_epoch(), 11);
}

TEST(Batches, TakeTheirTextFromTheMiddleOfAnArray) {
  const IdArray text = ids_of_size(100);
  BatchIds ids;
  make_stream_batches(view(text).part(40, 21), 2, 10)->fill(0, ids);
  EXPECT_EQ(ids.inputs.front(), 40);
  EXPECT_EQ(ids.inputs.back(), 59);
  EXPECT_EQ(ids.targets.back(), 60);
}

TEST(DrawOrder, FollowsPyTorchsFirstShuffleOfTheNotebook) {
  MersenneTwister generator(42);
  std::vector<float> embedding(31 * 64), rest(223967 - 31 * 64);
  generator.fill_normal(embedding);
  generator.fill_uniform(rest, -0.0625f, 0.0625f);
  const std::vector<int64_t> order = draw_order(758, generator);
  EXPECT_EQ(std::vector<int64_t>(order.begin(), order.begin() + 5),
            (std::vector<int64_t>{214, 159, 501, 617, 327}));
  std::vector<int64_t> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  std::vector<int64_t> all(758);
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(sorted, all);
}

TEST(FitBatch, KeepsWhatFits) {
  const BatchFit fit = fit_batch(1001, 20, 50, false);
  EXPECT_EQ(fit.streams, 20);
  EXPECT_EQ(fit.steps, 50);
  EXPECT_FALSE(fit.shrunk());
  EXPECT_FALSE(fit_batch(798, 64, 40, true).shrunk());
  EXPECT_FALSE(fit_batch(104, 64, 40, true).shrunk());
}

TEST(FitBatch, ShrinksStreamsFirstAndThenSteps) {
  const BatchFit streams = fit_batch(1000, 20, 50, false);
  EXPECT_EQ(streams.streams, 19);
  EXPECT_EQ(streams.steps, 50);
  EXPECT_TRUE(streams.shrunk_streams);
  EXPECT_FALSE(streams.shrunk_steps);
  const BatchFit steps = fit_batch(41, 20, 50, false);
  EXPECT_EQ(steps.streams, 1);
  EXPECT_EQ(steps.steps, 40);
  EXPECT_TRUE(steps.shrunk_steps);
  const BatchFit windows = fit_batch(103, 64, 40, true);
  EXPECT_EQ(windows.streams, 63);
  EXPECT_EQ(windows.steps, 40);
  EXPECT_EQ(fit_batch(1, 64, 40, true).streams, 0);
  EXPECT_EQ(fit_batch(0, 64, 40, false).steps, 0);
}

TEST(FitBatch, AlwaysGivesOneBatchAndNeverOneThatCouldBeLarger) {
  for (size_t size = 2; size < 60; ++size) {
    const IdArray text = ids_of_size(size);
    for (const int streams : {1, 3, 7}) {
      for (const int steps : {1, 5, 19}) {
        for (const bool last_step_only : {false, true}) {
          const BatchFit fit = fit_batch(size, streams, steps, last_step_only);
          const auto batches = last_step_only
                                   ? make_window_batches(view(text), fit.streams, fit.steps)
                                   : make_stream_batches(view(text), fit.streams, fit.steps);
          ASSERT_GE(batches->batches_per_epoch(), 1);
          if (!fit.shrunk_streams) continue;
          const size_t needed = last_step_only
                                    ? static_cast<size_t>(fit.steps + fit.streams + 1)
                                    : static_cast<size_t>((fit.streams + 1) * fit.steps + 1);
          ASSERT_GT(needed, size);
        }
      }
    }
  }
}

TEST(Batches, NeedATextForOneBatch) {
  const IdArray text = ids_of_size(100);
  EXPECT_ANY_THROW(make_stream_batches(view(text), 10, 10));
  EXPECT_ANY_THROW(make_window_batches(view(text), 61, 40));
  EXPECT_NO_THROW(make_stream_batches(view(text), 9, 11));
  EXPECT_NO_THROW(make_window_batches(view(text), 60, 40));
}

}  // namespace
}  // namespace charrnn
