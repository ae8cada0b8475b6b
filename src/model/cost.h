// The arithmetic and the memory traffic that a network needs with any engine; speeds are compared
// with these limits. In multiply-adds per character, with L layers of H units and G gates:
//
//   P_rec = L G H^2 + (L - 1) G H^2     recurrent products; inputs of all layers but the first
//   P_out = H V                         logits
//
// The first layer's input is a row of a table (embedding times weight_ih) and costs no product.
#pragma once

#include <cstdint>

#include "model/config.h"

namespace charrnn {

// Multiply-adds of one character's forward pass.
double recurrent_products(const ModelConfig& config);  // P_rec
double output_products(const ModelConfig& config);     // P_out

// Floating-point operations of one optimizer step over `steps` × `streams` characters, products
// only:
//
//     6 P_rec     per character: 2 forward, 2 for gradients of activations, 2 for those of weights
//   - 2 G H^2     per layer and stream: the state before the first step needs no gradient
//   + 6 P_out     per loss: every step, or the last one
//   + 6 V E G H   per optimizer step: the table and its gradients (not for one-hot input)
double training_flops(const ModelConfig& config, int64_t steps, int64_t streams,
                      bool last_step_only);

// Floating-point operations of reading one character: 2 (P_rec + P_out).
double forward_flops(const ModelConfig& config);

// Bytes of weights fetched to read one character of one stream: all matrices, but only one row of
// the table.
double weight_bytes(const ModelConfig& config, double bytes_per_weight);

}  // namespace charrnn
