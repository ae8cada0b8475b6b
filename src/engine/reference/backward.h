// The gradient of a stream's loss: back through time, from the last character read to the first.
#pragma once

#include <vector>

#include "engine/reference/forward.h"

namespace charrnn::reference {

// steps: what read_character returned, in order. d_logits[t]: the gradient of the loss with respect
// to the logits at t; empty where nothing was predicted. dropout: as in the forward pass (its time
// is ignored). Adds to `gradient` (all tensors but the embedding) and returns, for each step, the
// gradient with respect to the embedding row that was read there.
std::vector<Vector> backward(const ModelConfig& config, const Tensors& weights,
                             const std::vector<Step>& steps, const std::vector<Vector>& d_logits,
                             StreamDropout dropout, Tensors& gradient);

}  // namespace charrnn::reference
