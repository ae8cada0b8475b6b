// How long a step takes here and now, measured on the run's own batches.
#pragma once

#include "engine/engine.h"
#include "engine/factory/make_engine.h"
#include "text/batches.h"
#include "train/settings/settings.h"

namespace charrnn {

struct Speed {
  double step = 0;        // seconds of an optimizer step
  double validation = 0;  // seconds of one validation; 0 where there is nothing to validate
};

// Floating-point operations a second that training does on a network of middle size, measured for
// about `seconds`: to choose sizes by, before any are chosen. The device is the options' own; where
// it is left open there is too little to do for a GPU.
double measure_flops(const EngineOptions& options, int vocabulary_size, double seconds);

// Trains for about `seconds` (two steps at least) from the weights that are loaded, and spoils
// them: the caller loads them again.
Speed measure_speed(Engine& engine, Batches& batches, IdView validation,
                    const TrainingSettings& settings, double seconds);

// Steps that fit into a budget of seconds beside `validations` validations.
int64_t steps_within(double seconds, const Speed& speed, int64_t validations);

}  // namespace charrnn
