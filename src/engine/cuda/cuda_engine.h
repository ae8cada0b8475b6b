// The engine on an NVIDIA GPU, where this build has it.
#pragma once

#include <memory>
#include <string>

#include "engine/make_engine.h"

namespace charrnn {

// Why no GPU can be used, in words that follow "no GPU: "; empty where one can.
std::string why_no_cuda();

// Throws Error (kUsage, code no_cuda) where there is none, saying why.
std::unique_ptr<Engine> make_cuda_engine(const ModelConfig& config, const EngineOptions& options);

}  // namespace charrnn
