// How long a resumed run is, by what is asked for now and what it has done.
#pragma once

#include <cstdint>

namespace charrnn {

struct AskedLength {
  int64_t steps = 0;     // 0: none
  bool for_now = false;  // asked for when it is resumed; else it comes from the run's own settings
};

struct RunLength {
  int64_t total_steps = 0;
  int64_t max_steps = 0;  // with a time budget: the end where it comes first; 0: none
};

// steps, epochs: as --steps and --epochs say it, both in steps. step, planned: done, and the end
// that the checkpoint planned for.
//
// Without a budget the run goes on to its planned end, unless a length is asked for now. With one
// it goes on for that time, at most to the shorter length: asked for now, or of the run's settings
// if it has not reached that yet.
RunLength resumed_length(AskedLength steps, AskedLength epochs, bool has_budget, int64_t step,
                         int64_t planned);

}  // namespace charrnn
