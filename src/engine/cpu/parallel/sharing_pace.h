// Whether threads share the next character's work, by how long the last ones took. Threads that
// share it meet after each layer: on far processors that takes as long as a small network's layer,
// and on a machine that is busy with other work one of them is often not running, and the others
// wait for it a thousand times longer than the work takes. Then a thread is better off alone, and
// tries now and then whether that has changed. The results are the same bits.
#pragma once

#include <algorithm>
#include <cstdint>

namespace charrnn::cpu {

class SharingPace {
 public:
  // The first few characters are read alone: what sharing is measured by.
  bool share() const { return first_left_ <= 0 && alone_left_ <= 0; }

  // `characters` read one after the other in so many seconds.
  void took(bool shared, double seconds, int64_t characters = 1) {
    if (!shared) {
      // The least, since a thread alone is interrupted too; it may rise slowly.
      const double each = seconds / static_cast<double>(characters);
      alone_ = alone_ == 0 ? each : std::min(each, alone_ * 1.02);
      first_left_ -= characters;
      alone_left_ -= seconds;
      return;
    }
    const double lost = seconds - alone_ * static_cast<double>(characters);
    loss_ = std::max(loss_ + lost, 0.0);
    debt_ = std::clamp(debt_ + lost, 0.0, kMostDebt);
    if (debt_ == 0) times_ = kFewestTimes;
    if (loss_ <= kPatience) return;
    alone_left_ = times_ * loss_;
    times_ = std::min(2 * times_, kMostTimes);
    loss_ = 0;
  }

 private:
  // Seconds. A thread that slept wakes after up to half a millisecond (measured on a virtual
  // machine), which a few dozen shared characters earn back; one that lost its core is away for a
  // slice of the scheduler, some milliseconds.
  static constexpr double kPatience = 1e-3, kMostDebt = 20e-3;
  // Trying in vain costs a sixty-fourth at most.
  static constexpr double kFewestTimes = 0.5, kMostTimes = 64;
  double alone_ = 0;  // seconds of a character; 0: not known
  double loss_ = 0;   // seconds that sharing has lost since it was tried again or last had a gain
  double debt_ = 0;   // the same over all tries: what sharing has to earn back
  // So many times what was lost a thread stays alone: more after each try in vain.
  double times_ = kFewestTimes;
  int64_t first_left_ = 3;  // characters
  double alone_left_ = 0;   // seconds
};

}  // namespace charrnn::cpu
