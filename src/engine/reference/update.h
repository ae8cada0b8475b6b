// One optimizer step in double: clip the gradient, then move the weights.
#pragma once

#include "engine/reference/tensors.h"
#include "engine/trainable_network.h"

namespace charrnn::reference {

// The numbers that an optimizer step changes. The moments are empty until the first step, `ema`
// until a step asks for it.
using Learned = SnapshotOf<Tensors>;

// The length of the whole gradient: the root of the sum of all squares.
double gradient_norm(const Tensors& gradient);

// Clips `gradient` in place, whose norm is `norm`, then applies it.
void apply_update(const ModelConfig& config, const Update& update, double norm, Tensors& gradient,
                  Learned& learned);

}  // namespace charrnn::reference
