// Threads kept alive for short jobs. All threads of a pool, the caller included, run the same
// function and may synchronise at barriers.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/isa/pause_core.h"

namespace charrnn {

// The number of cores this process may use: the affinity mask, capped by the control group's CPU
// quota rounded up.
int usable_cores();

class ThreadPool {
 public:
  // threads: the caller included; 0 means usable_cores(). Where the system gives fewer threads, the
  // pool is smaller.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls job(0) here and job(1), …, job(threads() - 1) in the workers; returns when all have
  // ended. Rethrows an exception of the job (of the first thread that had one). A job that throws
  // must not leave others waiting at a barrier: only jobs without barriers may throw.
  void run(const std::function<void(int thread)>& job);

  // In a job: waits until all threads of the pool have arrived. Spins some tens of microseconds,
  // then yields, so that a busy machine slows the job but does not stall it.
  void barrier();
  // Waits in the same way until `met()`, which other threads of the job must bring about without
  // waiting for this one.
  template <class Condition>
  static void wait_until(const Condition& met) {
    if (spin_until(met)) return;
    while (!met()) yield_core();
  }

 private:
  // Spins until `met()` or kSpinTime has passed; returns whether it is met. The clock is read now
  // and then, since it takes as long as a short wait does.
  template <class Condition>
  static bool spin_until(const Condition& met) {
    using Clock = std::chrono::steady_clock;
    constexpr int kPausesPerLook = 64;
    Clock::time_point end{};
    do {
      for (int i = 0; i < kPausesPerLook; ++i) {
        if (met()) return true;
        pause_core();
      }
      if (end == Clock::time_point{}) end = Clock::now() + kSpinTime;
    } while (Clock::now() < end);
    return false;
  }
  // How long waiting spins before it gives the core away: much longer than a barrier of running
  // threads takes, much shorter than a slice of the scheduler.
  static constexpr std::chrono::microseconds kSpinTime{30};

  static void yield_core();
  void work(int thread);
  void call(int thread);

  std::vector<std::thread> workers_;
  const std::function<void(int)>* job_ = nullptr;
  std::atomic<uint32_t> started_ = 0;  // jobs so far; workers wait for it to change
  std::atomic<int> running_ = 0;
  std::atomic<bool> ending_ = false;
  std::atomic<int> arrived_ = 0;
  std::atomic<uint32_t> met_ = 0;  // barriers so far
  std::mutex failure_mutex_;
  std::exception_ptr failure_;
};

}  // namespace charrnn
