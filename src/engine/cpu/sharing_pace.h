// Whether threads share the next character's work, by how long the last ones took. Threads that
// share it meet after each layer; on a machine that is busy with other work one of them is often
// not running, and the others wait for it a thousand times longer than the work takes. Then a
// thread is better off alone, and tries now and then whether that has changed. The results are the
// same bits.
#pragma once

#include <algorithm>
#include <cstdint>

namespace charrnn::cpu {

class SharingPace {
 public:
  // The first few characters are read alone: what sharing is measured by.
  bool share() const { return alone_left_ == 0; }

  // `characters` read one after the other in so many seconds.
  void took(bool shared, double seconds, int64_t characters = 1) {
    if (!shared) {
      // The least, since a thread alone is interrupted too; it may rise slowly.
      const double each = seconds / static_cast<double>(characters);
      alone_ = alone_ == 0 ? each : std::min(each, alone_ * 1.02);
      alone_left_ = std::max<int64_t>(alone_left_ - characters, 0);
      return;
    }
    const double lost = seconds - alone_ * static_cast<double>(characters);
    loss_ = std::max(loss_ + lost, 0.0);
    debt_ = std::clamp(debt_ + lost, 0.0, kMostDebt);
    if (debt_ == 0) stretch_ = kShortest;
    if (loss_ <= kPatience) return;
    loss_ = 0;
    alone_left_ = stretch_;
    stretch_ = std::min(2 * stretch_, kLongest);
  }

 private:
  // Seconds. A thread that slept wakes after up to half a millisecond (measured on a virtual
  // machine), which a few dozen shared characters earn back; one that lost its core is away for a
  // slice of the scheduler, some milliseconds.
  static constexpr double kPatience = 1e-3, kMostDebt = 20e-3;
  static constexpr int64_t kFirst = 3, kShortest = 16, kLongest = 1024;  // characters
  double alone_ = 0;  // seconds of a character; 0: not known
  double loss_ = 0;   // seconds that sharing has lost since it was tried again or last had a gain
  double debt_ = 0;   // the same over all tries: what sharing has to earn back
  int64_t alone_left_ = kFirst;
  int64_t stretch_ = kShortest;
};

}  // namespace charrnn::cpu
