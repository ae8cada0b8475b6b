// --seed: the number that everything random follows from.
#pragma once

#include <cstdint>

#include "base/option.h"

namespace charrnn {

struct Seed {
  uint64_t value = 0;
  bool is_chosen = false;  // else the command has its own
  bool is_drawn = false;   // --seed -1: the system drew it, so it must be said

  uint64_t value_or(uint64_t fallback) const { return is_chosen ? value : fallback; }
  bool operator==(const Seed&) const = default;
};

// Short enough to type. Throws Error (kIo) where the system has no random numbers.
Seed draw_seed();

Option& declare_seed(OptionTable& options, Seed& seed);

}  // namespace charrnn
