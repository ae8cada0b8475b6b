// Items of work for several threads: each thread has a range of them, in order, and steals from the
// others' when it is done. For items whose result does not depend on the thread.
#pragma once

#include <atomic>
#include <vector>

namespace charrnn::cpu {

class WorkStealingRanges {
 public:
  explicit WorkStealingRanges(int threads) : ranges_(threads) {}

  // Before the threads start; not while they run.
  void assign(int items) {
    const int threads = static_cast<int>(ranges_.size());
    for (int i = 0; i < threads; ++i) {
      ranges_[i].next = static_cast<int>(int64_t{items} * i / threads);
      ranges_[i].end = static_cast<int>(int64_t{items} * (i + 1) / threads);
    }
  }

  template <class Action>
  void run(int thread, const Action& action) {
    const int threads = static_cast<int>(ranges_.size());
    for (int i = 0; i < threads; ++i) {
      Range& range = ranges_[(thread + i) % threads];
      for (int item = range.next++; item < range.end; item = range.next++) action(item);
    }
  }

 private:
  struct alignas(64) Range {
    std::atomic<int> next = 0;
    int end = 0;
  };
  std::vector<Range> ranges_;
};

}  // namespace charrnn::cpu
