#include "engine/cpu/parallel/adaptive_parallelism.h"

#include <gtest/gtest.h>

#include <atomic>

namespace charrnn::cpu {
namespace {

// How many threads take part in one more character.
int threads_of(AdaptiveParallelism& parallelism) {
  std::atomic<int> calls = 0, count = 0;
  parallelism.run([&](const Worker& worker) {
    ++calls;
    count = worker.count;
    worker.barrier();
  });
  EXPECT_EQ(calls, count);
  return calls;
}

TEST(AdaptiveParallelism, BeginsOnOneThreadAndThenTriesAll) {
  ThreadPool pool(3);
  AdaptiveParallelism parallelism(pool, true);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(threads_of(parallelism), 1);
  EXPECT_EQ(threads_of(parallelism), pool.threads());
}

TEST(AdaptiveParallelism, StaysOnOneThreadWhereSeveralCannotGain) {
  ThreadPool pool(3), one(1);
  AdaptiveParallelism of_little(pool, false), of_one_thread(one, true);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(threads_of(of_little), 1);
    EXPECT_EQ(threads_of(of_one_thread), 1);
  }
}

TEST(AdaptiveParallelism, ReturnsToOneThreadWhereSeveralAreMuchSlower) {
  ThreadPool pool(2);
  AdaptiveParallelism parallelism(pool, true);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(threads_of(parallelism), 1);
  parallelism.run([&](const Worker& worker) {
    worker.barrier();
    if (worker.index == 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  });
  EXPECT_EQ(threads_of(parallelism), 1);
}

TEST(AdaptiveParallelism, DividesPanelsAmongWorkersInOrder) {
  const Worker first{0, 3, nullptr}, last{2, 3, nullptr};
  EXPECT_EQ(first.begin(7), 0);
  EXPECT_EQ(last.end(7), 7);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ((Worker{i, 3, nullptr}.end(7)), (Worker{i + 1, 3, nullptr}.begin(7)));
  }
}

}  // namespace
}  // namespace charrnn::cpu
