// What every engine may expect of a batch.
#pragma once

#include "engine/trainable_network.h"

namespace charrnn {

// Stops (base/error.h: check) where a batch is not what engine.h promises.
void check_batch(const Batch& batch, const State& state, const ModelConfig& config);

}  // namespace charrnn
