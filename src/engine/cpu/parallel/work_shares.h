// Items of work dealt to threads: each has its own share, in order, and helps the others when it is
// done. For items whose result does not depend on who computes it.
#pragma once

#include <atomic>
#include <vector>

namespace charrnn::cpu {

class WorkShares {
 public:
  explicit WorkShares(int threads) : shares_(threads) {}

  // Before the threads start; not while they run.
  void deal(int items) {
    const int threads = static_cast<int>(shares_.size());
    for (int i = 0; i < threads; ++i) {
      shares_[i].next = static_cast<int>(int64_t{items} * i / threads);
      shares_[i].end = static_cast<int>(int64_t{items} * (i + 1) / threads);
    }
  }

  template <class Action>
  void run(int thread, const Action& action) {
    const int threads = static_cast<int>(shares_.size());
    for (int i = 0; i < threads; ++i) {
      Share& share = shares_[(thread + i) % threads];
      for (int item = share.next++; item < share.end; item = share.next++) action(item);
    }
  }

 private:
  struct alignas(64) Share {
    std::atomic<int> next = 0;
    int end = 0;
  };
  std::vector<Share> shares_;
};

}  // namespace charrnn::cpu
