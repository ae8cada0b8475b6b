// The loss of a held-out text while a network is being trained: what `eval` says of it.
#pragma once

#include <limits>

#include "engine/engine.h"
#include "text/corpus/documents.h"

namespace charrnn {

struct ValidationLoss {
  double mean = 0;  // nats a character
  // mean ± margin is a 95 % confidence interval (base/mean_interval.h); NaN where the text is too
  // short for one.
  double margin = std::numeric_limits<double>::quiet_NaN();
};

// Of all characters but the first, the state carried from there to the end, or to the end of each
// document. The text has at least 2 characters.
ValidationLoss validation_loss(Engine& engine, IdView text, const DocumentBorders& borders = {});

}  // namespace charrnn
