// Picks an engine and makes a network that learns.
#pragma once

#include <memory>

#include "engine/factory/make_network.h"
#include "engine/trainable_network.h"

namespace charrnn {

// As make_network.
std::unique_ptr<TrainableNetwork> make_trainable_network(const ModelConfig& config,
                                                         const EngineOptions& options = {});

}  // namespace charrnn
