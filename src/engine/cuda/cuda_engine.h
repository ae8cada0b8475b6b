// The engine on an NVIDIA GPU, where this build has it.
#pragma once

#include <memory>

#include "engine/make_engine.h"

namespace charrnn {

// Whether there is a device that this build can use.
bool cuda_available();

// Throws Error (kUsage) where there is none, saying why.
std::unique_ptr<Engine> make_cuda_engine(const ModelConfig& config, const EngineOptions& options);

}  // namespace charrnn
