// The loss of the held-out text during training, as `eval` measures it.
#pragma once

#include <limits>

#include "engine/network.h"
#include "text/corpus/documents.h"

namespace charrnn {

struct ValidationLoss {
  double mean = 0;  // nats per character
  // From the spread within this text (base/statistics/mean_interval.h); NaN if the text is too
  // short for one.
  double margin = std::numeric_limits<double>::quiet_NaN();
};

// Of all characters but the first, the state carried from there to the end, or to the end of each
// document. The text has at least 2 characters.
ValidationLoss validation_loss(Network& engine, IdView text, const DocumentBorders& borders = {});

}  // namespace charrnn
