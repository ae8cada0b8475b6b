#include "base/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <new>
#include <string>
#include <system_error>

namespace charrnn {
namespace {

// The quota of the control group (cpu.max: "microseconds period" or "max period"), in cores.
int group_cores() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return 1 << 20;
  const double cores = std::strtod(quota.c_str(), nullptr) / period;
  return std::max(1, static_cast<int>(cores + 0.999));
}

}  // namespace

int usable_cores() {
  cpu_set_t set;
  int cores = 0;
  if (sched_getaffinity(0, sizeof set, &set) == 0) cores = CPU_COUNT(&set);
  if (cores < 1) cores = static_cast<int>(std::thread::hardware_concurrency());
  return std::clamp(std::min(cores, group_cores()), 1, 1024);
}

ThreadPool::ThreadPool(int threads) {
  if (threads < 1) threads = usable_cores();
  workers_.reserve(threads - 1);
  try {
    for (int thread = 1; thread < threads; ++thread) {
      workers_.emplace_back([this, thread] { work(thread); });
    }
  } catch (const std::bad_alloc&) {
    // As below: those that have started must not be destroyed while they run.
  } catch (const std::system_error&) {
    // Fewer threads then.
  }
}

void ThreadPool::yield_core() { sched_yield(); }

ThreadPool::~ThreadPool() {
  ending_ = true;
  ++started_;
  started_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::work(int thread) {
  uint32_t seen = 0;
  while (true) {
    if (!spin_until([&] { return started_ != seen; })) started_.wait(seen);
    seen = started_;
    if (ending_) return;
    call(thread);
    --running_;
  }
}

void ThreadPool::call(int thread) {
  try {
    (*job_)(thread);
  } catch (...) {
    const std::lock_guard lock(failure_mutex_);
    if (!failure_) failure_ = std::current_exception();
  }
}

void ThreadPool::run(const std::function<void(int)>& job) {
  job_ = &job;
  failure_ = nullptr;
  running_ = static_cast<int>(workers_.size());
  ++started_;
  started_.notify_all();
  call(0);
  wait_until([&] { return running_ == 0; });
  if (failure_) std::rethrow_exception(failure_);
}

void ThreadPool::barrier() {
  const uint32_t before = met_;
  if (arrived_.fetch_add(1) + 1 == threads()) {
    arrived_ = 0;
    ++met_;
  } else {
    wait_until([&] { return met_ != before; });
  }
}

}  // namespace charrnn
