// What the preset chooses for a run, and what the run computes on: with a budget each depends on
// the other.
#pragma once

#include "app/train/train_setup.h"

namespace charrnn {

// Fills what nobody gave. With a budget the speed of this machine is measured first, on the GPU
// where there is one that may be taken, and `setup.engine` names the device whose speed the sizes
// were chosen by.
void fill_by_preset(const TrainOptions& options, Context& context, TrainSetup& setup);

// `setup.engine` as the run needs it: precision and work by the settings and the plan.
void settle_engine(const TrainingSettings& settings, TrainSetup& setup);

}  // namespace charrnn
