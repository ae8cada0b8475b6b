// What --time determines once the speed is known.
#pragma once

#include "app/train/train_setup.h"

namespace charrnn {

// A validation may take a twentieth of the budget; if the held-out part takes longer, only its
// beginning is read.
void limit_validation(Context& context, TrainOptions& options, TrainSetup& setup);

// Sets the number of steps that fit into `seconds`, the validation interval (about a twelfth of the
// budget), and the preset's values for a run of that length.
void fit_budget(Context& context, TrainOptions& options, TrainSetup& setup, double seconds);

}  // namespace charrnn
