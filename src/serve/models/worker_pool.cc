#include "serve/models/worker_pool.h"

#include <sys/resource.h>

#include <algorithm>
#include <utility>

namespace charrnn {

// Linux keeps a niceness for each thread.
void add_niceness(int niceness) {
  constexpr int kNicest = 19;
  if (niceness <= 0) return;
  ::setpriority(PRIO_PROCESS, 0, std::min(::getpriority(PRIO_PROCESS, 0) + niceness, kNicest));
}

WorkerPool::WorkerPool(int threads, size_t queue, int niceness) : queue_limit_(queue) {
  try {
    for (int i = 0; i < threads; ++i) {
      threads_.emplace_back([this, niceness] {
        add_niceness(niceness);
        run();
      });
    }
  } catch (...) {  // the system gives no more: those there are must end first
    stop();
    throw;
  }
}

WorkerPool::~WorkerPool() { stop(); }

bool WorkerPool::submit(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || tasks_.size() >= queue_limit_) return false;
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

bool WorkerPool::idle() const {
  const std::lock_guard lock(mutex_);
  return running_ == 0 && tasks_.empty();
}

void WorkerPool::stop() {
  std::deque<std::function<void()>> dropped;  // destroyed without the lock
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(tasks_);
  }
  join();
}

void WorkerPool::finish() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  join();
}

void WorkerPool::join() {
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void WorkerPool::run() {
  while (true) {
    std::function<void()> task;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
      ++running_;
    }
    try {
      task();
    } catch (...) {
      // Out of memory while it told of its failure; its exchange ends the reply.
    }
    task = nullptr;
    const std::lock_guard lock(mutex_);
    --running_;
  }
}

}  // namespace charrnn
