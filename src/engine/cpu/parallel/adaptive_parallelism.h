// A step of inference on all threads or on one, whichever is measured to be faster.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/thread_pool.h"
#include "engine/cpu/isa/flush_denormals.h"
#include "engine/cpu/parallel/parallelism_tuner.h"

namespace charrnn::cpu {

// One of the threads that compute a step together: each takes a range of each layer's panels, with
// a barrier between layers. A single worker never waits.
struct Worker {
  int index = 0;
  int count = 1;
  ThreadPool* pool = nullptr;

  void barrier() const {
    if (count > 1) pool->barrier();
  }
  int begin(int items) const { return static_cast<int>(int64_t{items} * index / count); }
  int end(int items) const { return static_cast<int>(int64_t{items} * (index + 1) / count); }
};

// Calls work(worker) in this thread alone, or in all threads of the pool.
template <class Work>
void run_workers(ThreadPool& pool, bool parallel, const Work& work) {
  if (!parallel || pool.threads() == 1) {
    const FlushDenormals flush;
    work(Worker());
    return;
  }
  pool.run([&](int thread) {
    const FlushDenormals flush;
    work(Worker{thread, pool.threads(), &pool});
  });
}

// Runs one step after the other in the way that was faster so far. Borrows the pool.
class AdaptiveParallelism {
 public:
  // may_gain: false where several threads are slower on any machine.
  AdaptiveParallelism(ThreadPool& pool, bool may_gain)
      : pool_(&pool), may_gain_(may_gain && pool.threads() > 1) {}

  // Calls work(worker), which computes so many steps.
  template <class Work>
  void run(const Work& work, int64_t steps = 1) {
    if (!may_gain_) return run_workers(*pool_, false, work);
    using Clock = std::chrono::steady_clock;
    const bool parallel = tuner_.use_threads();
    const Clock::time_point start = Clock::now();
    run_workers(*pool_, parallel, work);
    tuner_.measured(parallel, std::chrono::duration<double>(Clock::now() - start).count(), steps);
  }

 private:
  ThreadPool* pool_;
  bool may_gain_;
  ParallelismTuner tuner_;
};

}  // namespace charrnn::cpu
