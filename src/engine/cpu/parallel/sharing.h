// A character's work on all threads or on one alone, whichever is faster.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/thread_pool.h"
#include "engine/cpu/isa/flush_denormals.h"
#include "engine/cpu/parallel/sharing_pace.h"

namespace charrnn::cpu {

// A thread's part of one character's work: each layer's panels are dealt out, and all threads meet
// between layers. Alone, there is nothing to wait for.
struct Share {
  int index = 0;
  int count = 1;
  ThreadPool* pool = nullptr;

  void meet() const {
    if (count > 1) pool->barrier();
  }
  int begin(int items) const { return static_cast<int>(int64_t{items} * index / count); }
  int end(int items) const { return static_cast<int>(int64_t{items} * (index + 1) / count); }
};

// Calls work(share) here, or on all threads of the pool.
template <class Work>
void run_shared(ThreadPool& pool, bool shared, const Work& work) {
  if (!shared || pool.threads() == 1) {
    const FlushDenormals flush;
    work(Share());
    return;
  }
  pool.run([&](int thread) {
    const FlushDenormals flush;
    work(Share{thread, pool.threads(), &pool});
  });
}

// One character after the other, as fast as the last ones let expect. Borrows the pool.
class Sharing {
 public:
  // may_gain: false where threads are sooner done than they have met, on any machine.
  Sharing(ThreadPool& pool, bool may_gain)
      : pool_(&pool), may_gain_(may_gain && pool.threads() > 1) {}

  // Calls work(share), which reads so many characters.
  template <class Work>
  void run(const Work& work, int64_t characters = 1) {
    if (!may_gain_) return run_shared(*pool_, false, work);
    using Clock = std::chrono::steady_clock;
    const bool shared = pace_.share();
    const Clock::time_point start = Clock::now();
    run_shared(*pool_, shared, work);
    pace_.took(shared, std::chrono::duration<double>(Clock::now() - start).count(), characters);
  }

 private:
  ThreadPool* pool_;
  bool may_gain_;
  SharingPace pace_;
};

}  // namespace charrnn::cpu
