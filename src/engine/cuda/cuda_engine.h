// The engine on an NVIDIA GPU, where this build has it.
#pragma once

#include <memory>
#include <string>

#include "engine/engine.h"
#include "engine/engine_options.h"

namespace charrnn {

// Why no GPU can be used, in words that follow "no GPU: "; empty where one can.
std::string why_no_cuda();

// Throws Error (kUsage, code no_cuda) where no GPU can be used, saying why.
void require_cuda();

// As require_cuda where there is none.
std::unique_ptr<Engine> make_cuda_engine(const ModelConfig& config, const EngineOptions& options);

}  // namespace charrnn
