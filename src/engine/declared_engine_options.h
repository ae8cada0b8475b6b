// The options of every command that computes, declared once.
#pragma once

#include "base/option.h"
#include "engine/engine_options.h"

namespace charrnn {

// --threads, --device, --isa. Precision is a setting of a training, the workload follows from what
// is done.
void declare_engine_options(OptionTable& table, EngineOptions& options);

}  // namespace charrnn
