#include "engine/vector/worker_team.h"

#include <algorithm>
#include <memory>
#include <system_error>

#include "engine/vector/flush_denormals.h"

namespace charrnn {
namespace {

constexpr int kSpins = 4000;  // some tens of microseconds

template <class Condition>
bool spin_until(const Condition& condition) {
  for (int i = 0; i < kSpins; ++i) {
    if (condition()) return true;
    __builtin_ia32_pause();
  }
  return false;
}

}  // namespace

void Barrier::wait() {
  const unsigned round = round_.load(std::memory_order_relaxed);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
    arrived_.store(0, std::memory_order_relaxed);
    round_.store(round + 1, std::memory_order_release);
    return;
  }
  const auto passed = [&] { return round_.load(std::memory_order_acquire) != round; };
  if (spin_until(passed)) return;
  while (!passed()) std::this_thread::yield();
}

WorkerTeam::WorkerTeam(int threads) {
  for (int i = 1; i < threads; ++i) {
    try {
      threads_.emplace_back([this, i] { work(i); });
    } catch (const std::system_error&) {
      break;
    }
  }
  barrier_ = std::make_unique<Barrier>(size());
}

WorkerTeam::~WorkerTeam() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    ++started_;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerTeam::run(const std::function<void(int)>& job) {
  const FlushDenormals flush;
  if (threads_.empty()) return job(0);
  {
    const std::lock_guard lock(mutex_);
    job_ = &job;
    running_ = static_cast<int>(threads_.size());
    ++started_;
  }
  wake_.notify_all();
  job(0);
  const auto done = [&] { return running_.load(std::memory_order_acquire) == 0; };
  if (spin_until(done)) return;
  while (!done()) std::this_thread::yield();
}

void WorkerTeam::work(int worker) {
  const FlushDenormals flush;
  unsigned seen = 0;
  while (true) {
    const auto called = [&] { return started_.load(std::memory_order_acquire) != seen; };
    if (!spin_until(called)) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, called);
    }
    seen = started_;
    if (stop_) return;
    (*job_)(worker);
    running_.fetch_sub(1, std::memory_order_release);
  }
}

}  // namespace charrnn
