#include "engine/cpu/parallel/sharing.h"

#include <gtest/gtest.h>

#include <atomic>

namespace charrnn::cpu {
namespace {

// How many threads take part in one more character.
int threads_of(Sharing& sharing) {
  std::atomic<int> calls = 0, count = 0;
  sharing.run([&](const Share& share) {
    ++calls;
    count = share.count;
    share.meet();
  });
  EXPECT_EQ(calls, count);
  return calls;
}

TEST(Sharing, BeginsAloneAndThenTriesAllThreads) {
  ThreadPool pool(3);
  Sharing sharing(pool, true);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(threads_of(sharing), 1);
  EXPECT_EQ(threads_of(sharing), pool.threads());
}

TEST(Sharing, StaysAloneWhereNothingIsToBeGained) {
  ThreadPool pool(3), one(1);
  Sharing of_little(pool, false), of_one_thread(one, true);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(threads_of(of_little), 1);
    EXPECT_EQ(threads_of(of_one_thread), 1);
  }
}

TEST(Sharing, PartsWhereSharingIsMuchSlower) {
  ThreadPool pool(2);
  Sharing sharing(pool, true);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(threads_of(sharing), 1);
  sharing.run([&](const Share& share) {
    share.meet();
    if (share.index == 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  });
  EXPECT_EQ(threads_of(sharing), 1);
}

TEST(Sharing, DealsPanelsToSharesInOrder) {
  const Share first{0, 3, nullptr}, last{2, 3, nullptr};
  EXPECT_EQ(first.begin(7), 0);
  EXPECT_EQ(last.end(7), 7);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ((Share{i, 3, nullptr}.end(7)), (Share{i + 1, 3, nullptr}.begin(7)));
  }
}

}  // namespace
}  // namespace charrnn::cpu
