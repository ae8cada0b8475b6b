// Chooses preset values and the device of a run; with a time budget each depends on the other.
#pragma once

#include "session/training_setup.h"

namespace charrnn {

// Fills settings that are not given. With a time budget it first measures the machine's speed, on
// the GPU if one may be used; `setup.engine` then names the device whose speed the sizes are chosen
// by.
void fill_by_preset(const TrainingRequest& request, TrainingSetup& setup);

// Completes `setup.engine`: precision and workload from the settings and the plan.
void settle_engine(const TrainingSettings& settings, TrainingSetup& setup);

}  // namespace charrnn
