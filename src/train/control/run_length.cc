#include "train/control/run_length.h"

#include <algorithm>

namespace charrnn {
namespace {

// The shorter one; 0 where there is none.
int64_t shorter(int64_t a, int64_t b) {
  if (a == 0 || b == 0) return std::max(a, b);
  return std::min(a, b);
}

}  // namespace

RunLength resumed_length(AskedLength steps, AskedLength epochs, bool has_budget, int64_t step,
                         int64_t planned) {
  if (!has_budget) {
    const bool is_asked = steps.for_now || epochs.for_now;
    return {is_asked ? shorter(steps.steps, epochs.steps) : planned, 0};
  }
  const auto limit = [&](AskedLength length) {
    return length.for_now || length.steps > step ? length.steps : 0;
  };
  return {planned, shorter(limit(steps), limit(epochs))};
}

}  // namespace charrnn
