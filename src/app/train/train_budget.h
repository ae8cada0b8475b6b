// What --time decides once the speed is known.
#pragma once

#include "app/train/train_setup.h"

namespace charrnn {

// A validation may take a twentieth of the budget: of a long held-out part only the beginning is
// read where all of it would take longer.
void limit_validation(Context& context, TrainOptions& options, TrainSetup& setup);

// How many steps fit into `seconds`, how often to validate so that it takes about a twelfth of the
// budget, and what the preset makes of a run of that length.
void fit_budget(Context& context, TrainOptions& options, TrainSetup& setup, double seconds);

}  // namespace charrnn
