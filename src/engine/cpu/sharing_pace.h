// Whether threads share the next character's work, by how long the last ones took. Threads that
// share it meet after each layer; on a machine that is busy with other work one of them is often
// not running, and the others wait for it a thousand times longer than the work takes. Then a
// thread is better off alone, and tries now and then whether that has changed. The results are the
// same bits.
#pragma once

#include <algorithm>

namespace charrnn::cpu {

class SharingPace {
 public:
  // The first few characters are read alone: what sharing is measured by.
  bool share() const { return alone_left_ == 0; }

  void took(bool shared, double seconds) {
    if (!shared) {
      // The least, since a thread alone is interrupted too; it may rise slowly.
      alone_ = alone_ == 0 ? seconds : std::min(seconds, alone_ * 1.02);
      alone_left_ = std::max(alone_left_ - 1, 0);
    } else if (seconds > 2 * alone_) {
      alone_left_ = stretch_;
      stretch_ = std::min(2 * stretch_, kLongest);
    } else {
      stretch_ = kShortest;
    }
  }

 private:
  // Trying costs a slice of the scheduler's time at worst, as much as some ten characters alone.
  static constexpr int kFirst = 3, kShortest = 16, kLongest = 1024;
  double alone_ = 0;  // seconds of a character; 0: not known
  int alone_left_ = kFirst;
  int stretch_ = kShortest;
};

}  // namespace charrnn::cpu
