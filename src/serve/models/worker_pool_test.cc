#include "serve/models/worker_pool.h"

#include <gtest/gtest.h>

#include <future>

namespace charrnn {
namespace {

// One thread that is kept by a first task while three others wait.
struct KeptPool {
  WorkerPool pool{1, 1 << 20};
  std::promise<void> begun, go_on;
  int done = 0;

  KeptPool() {
    pool.submit([this] {
      begun.set_value();
      go_on.get_future().wait();
    });
    begun.get_future().wait();
    for (int i = 0; i < 3; ++i) pool.submit([this] { ++done; });
  }
  // Lets the first task end while the pool is being ended.
  void end(void (WorkerPool::*how)()) {
    const auto ended = std::async(std::launch::async, [this, how] { (pool.*how)(); });
    while (pool.submit([] {})) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    go_on.set_value();
    ended.wait();
  }
};

TEST(WorkerPool, FinishesWhatWaits) {
  KeptPool kept;
  kept.end(&WorkerPool::finish);
  EXPECT_EQ(kept.done, 3);
}

TEST(WorkerPool, DropsWhatWaitsWhenStopped) {
  KeptPool kept;
  kept.end(&WorkerPool::stop);
  EXPECT_EQ(kept.done, 0);
}

}  // namespace
}  // namespace charrnn
