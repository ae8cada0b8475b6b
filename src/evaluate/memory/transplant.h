// What of a prediction lies in the state: the state after one text, or some units of it, is put in
// the place of that of another, and then both read the same character.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/network.h"

namespace charrnn {

struct StateUnit {
  int layer = 0;
  int unit = 0;
};

// Log probabilities of what follows the last character of ids. [vocabulary_size] each
struct Transplant {
  std::vector<float> own;           // after all before it
  std::vector<float> donor;         // after the donor's text instead
  std::vector<float> transplanted;  // after its own, with the donor's state in these units
};

// units: all carried values of each (h, and c); empty: of all units. Each text begins with a state
// of zeros, as each document does (border: its id, or -1). Nothing where it was stopped.
Transplant transplant(Network& network, std::span<const int32_t> ids,
                      std::span<const int32_t> donor, std::span<const StateUnit> units,
                      int32_t border = -1, const ShouldStop& should_stop = {});

}  // namespace charrnn
