// Decides whether the next step runs on several threads, by how long the last ones took. Several
// threads need a barrier after each layer. Between distant cores it takes as long as a small layer;
// on a busy machine one of the threads is often not running, and the others wait for it a thousand
// times longer than the work takes. Then one thread is faster, and several are tried again now and
// then. The results are the same bits.
#pragma once

#include <algorithm>
#include <cstdint>

namespace charrnn::cpu {

class ParallelismTuner {
 public:
  // The first few steps run on one thread, to measure what several are compared with.
  bool use_threads() const { return warmup_left_ <= 0 && sequential_left_ <= 0; }

  // The last steps, one after the other, took so many seconds.
  void measured(bool parallel, double seconds, int64_t steps = 1) {
    if (!parallel) {
      // The least, since a single thread is interrupted, too; it may rise slowly.
      const double per_step = seconds / static_cast<double>(steps);
      sequential_ = sequential_ == 0 ? per_step : std::min(per_step, sequential_ * 1.02);
      warmup_left_ -= steps;
      sequential_left_ -= seconds;
      return;
    }
    const double lost = seconds - sequential_ * static_cast<double>(steps);
    lost_ = std::max(lost_ + lost, 0.0);
    total_lost_ = std::clamp(total_lost_ + lost, 0.0, kMaxTotalLost);
    if (total_lost_ == 0) backoff_ = kMinBackoff;
    if (lost_ <= kMaxLost) return;
    sequential_left_ = backoff_ * lost_;
    backoff_ = std::min(2 * backoff_, kMaxBackoff);
    lost_ = 0;
  }

 private:
  // Seconds. A thread that slept wakes after up to half a millisecond (measured on a virtual
  // machine), which a few dozen parallel steps earn back; one that lost its core is away for a
  // time slice of the scheduler, some milliseconds.
  static constexpr double kMaxLost = 1e-3, kMaxTotalLost = 20e-3;
  // At the longest backoff, trying in vain costs a sixty-fourth of the time.
  static constexpr double kMinBackoff = 0.5, kMaxBackoff = 64;
  double sequential_ = 0;  // seconds of a step on one thread; 0: not known
  double lost_ = 0;  // seconds lost to several threads since they were tried again or last gained
  double total_lost_ = 0;  // the same over all tries: what they have to earn back
  // One thread computes for so many times what was lost: twice as long after each try in vain.
  double backoff_ = kMinBackoff;
  int64_t warmup_left_ = 3;     // steps
  double sequential_left_ = 0;  // seconds
};

}  // namespace charrnn::cpu
