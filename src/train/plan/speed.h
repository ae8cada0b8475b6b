// Measures how long a step takes on this machine, with the run's own batches.
#pragma once

#include "engine/factory/make_trainable_network.h"
#include "text/batches.h"
#include "train/settings/settings.h"

namespace charrnn {

struct Speed {
  double step = 0;        // seconds of an optimizer step
  double validation = 0;  // seconds of one validation; 0 where there is nothing to validate
};

// Training throughput in floating-point operations per second on a medium network, measured for
// about `seconds` to choose sizes by. Device::kAuto means the CPU here: the work is too small for a
// GPU.
double measure_flops(const EngineOptions& options, int vocabulary_size, double seconds);

// Trains for about `seconds` (at least two steps). This changes the engine's weights; the caller
// must load them again.
Speed measure_speed(TrainableNetwork& engine, Batches& batches, IdView validation,
                    const TrainingSettings& settings, double seconds);

// Steps that fit into a budget of seconds beside `validations` validations.
int64_t steps_within(double seconds, const Speed& speed, int64_t validations);

}  // namespace charrnn
