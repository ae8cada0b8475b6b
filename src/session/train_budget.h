// What --time determines once the speed is known.
#pragma once

#include "session/training_setup.h"

namespace charrnn {

// A validation may take a twentieth of the budget; if the held-out part takes longer, only its
// beginning is read.
void limit_validation(const TrainingRequest& request, TrainingSetup& setup,
                      SessionObserver& observer);

// Sets the number of steps that fit into `seconds`, the validation interval (about a twelfth of the
// budget), and the preset's values for a run of that length.
void fit_budget(const TrainingRequest& request, TrainingSetup& setup, double seconds);

}  // namespace charrnn
