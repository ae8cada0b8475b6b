#include "base/thread_pool.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace charrnn {
namespace {

TEST(ThreadPool, RunsAJobOnceOnEachOfItsThreads) {
  for (const int threads : {1, 2, 5}) {
    ThreadPool pool(threads);
    ASSERT_EQ(pool.threads(), threads);
    std::vector<int> calls(threads);
    for (int job = 1; job <= 100; ++job) {
      pool.run([&](int thread) { ++calls[thread]; });
      ASSERT_EQ(calls, std::vector<int>(threads, job));
    }
  }
}

TEST(ThreadPool, LetsNoThreadPastABarrierAlone) {
  constexpr int kThreads = 3, kRounds = 200;
  ThreadPool pool(kThreads);
  std::vector<int> round_of(kThreads);
  std::atomic<int> behind = 0;
  pool.run([&](int thread) {
    for (int round = 1; round <= kRounds; ++round) {
      round_of[thread] = round;
      pool.barrier();
      for (const int other : round_of) behind += other != round;
      pool.barrier();
    }
  });
  EXPECT_EQ(behind, 0);
}

TEST(ThreadPool, HandsOnWhatAJobThrowsAndGoesOn) {
  ThreadPool pool(3);
  for (const int thrower : {0, 2}) {
    EXPECT_THROW(pool.run([&](int thread) {
      if (thread == thrower) throw std::runtime_error("a job");
    }),
                 std::runtime_error);
  }
  std::atomic<int> calls = 0;
  pool.run([&](int) { ++calls; });
  EXPECT_EQ(calls, 3);
}

// Where the process is bound to one core, however many the machine has.
TEST(ThreadPool, TakesTheCoresThatTheProcessMayUse) {
  cpu_set_t before, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(usable_cores(), 1);
  EXPECT_EQ(ThreadPool(0).threads(), 1);
  ASSERT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
  EXPECT_GE(usable_cores(), 1);
  EXPECT_LE(usable_cores(), CPU_COUNT(&before));
}

}  // namespace
}  // namespace charrnn
