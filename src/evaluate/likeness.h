// Is the held-out part of a text like the rest of it? Judged without a network, by what pairs of
// characters tell.
#pragma once

#include <limits>

#include "text/characters/id_array.h"

namespace charrnn {

// Cross-entropies in nats per character under counts of pairs of characters. The training part is
// cut into stretches of equal size; each is scored under the counts of all the others, the held-out
// part, in stretches as long, under the counts of the whole training part. If both come from the
// same source, the held-out part's figure lies among those of the stretches.
struct Likeness {
  double held_out = std::numeric_limits<double>::quiet_NaN();
  double mean = std::numeric_limits<double>::quiet_NaN();       // of the stretches
  double deviation = std::numeric_limits<double>::quiet_NaN();  // their standard deviation
  double least = std::numeric_limits<double>::quiet_NaN();
  double most = std::numeric_limits<double>::quiet_NaN();

  // More than three standard deviations and a twentieth above the mean, and above every stretch.
  bool is_unlike() const;
  // Nats per character that the held-out part is harder by.
  double difference() const { return held_out - mean; }
};

// NaN if a part is too short to tell. Of long parts the characters next to each other are looked
// at: the last of training, the first of the held-out part.
Likeness likeness(IdView training, IdView held_out, int vocabulary_size);

}  // namespace charrnn
