// Dropout on weights: the masks of a step as factors, 1 where nothing is dropped.
#pragma once

#include "engine/reference/tensors.h"
#include "engine/trainable_network.h"

namespace charrnn::reference {

// Multiplies each W_hh and the embedding by their masks (0 or 1 / (1 - rate)): the weights before
// the step, their gradient after it.
void apply_weight_dropout(const ModelConfig& config, const Dropout& dropout, Tensors& tensors);

}  // namespace charrnn::reference
