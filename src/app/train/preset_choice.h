// Chooses preset values and the device of a run; with a time budget each depends on the other.
#pragma once

#include "app/train/train_setup.h"

namespace charrnn {

// Fills settings that are not given. With a time budget it first measures the machine's speed, on
// the GPU if one may be used; `setup.engine` then names the device whose speed the sizes are chosen
// by.
void fill_by_preset(const TrainOptions& options, Context& context, TrainSetup& setup);

// Completes `setup.engine`: precision and workload from the settings and the plan.
void settle_engine(const TrainingSettings& settings, TrainSetup& setup);

}  // namespace charrnn
