// The engine on an NVIDIA GPU, where this build has it.
#pragma once

#include <memory>
#include <string>

#include "engine/engine_options.h"
#include "engine/trainable_network.h"

namespace charrnn {

// Why no GPU can be used, in words that follow "no GPU: "; empty where one can.
std::string why_no_cuda();

// Throws Error (kUsage, code no_cuda) where no GPU can be used, saying why.
void require_cuda();

// As require_cuda where there is none.
std::unique_ptr<Network> make_cuda_network(const ModelConfig& config, const EngineOptions& options);
std::unique_ptr<TrainableNetwork> make_trainable_cuda_network(const ModelConfig& config,
                                                              const EngineOptions& options);

}  // namespace charrnn
