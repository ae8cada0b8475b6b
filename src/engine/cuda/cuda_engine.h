// The engine on an NVIDIA GPU, where this build has it.
#pragma once

#include <memory>

#include "engine/make_engine.h"

namespace charrnn {

// Throws Error (kUsage) where there is none, saying why.
std::unique_ptr<Engine> make_cuda_engine(const ModelConfig& config, const EngineOptions& options);

}  // namespace charrnn
