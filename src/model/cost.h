// What a network costs: products that must be done and bytes that must be read, however clever the
// engine. Speeds are measured against these limits.
//
//   P_rec = sum over layers of G H^2, and of G H^2 for the input of each layer but the first
//   (multiply-adds a character) P_out = H V
//
// The first layer's input is a row of a table (embedding times weight_ih), so it costs no product a
// character.
#pragma once

#include <cstdint>

#include "model/config.h"

namespace charrnn {

// Multiply-adds of one character's forward pass.
double recurrent_products(const ModelConfig& config);  // P_rec
double output_products(const ModelConfig& config);     // P_out

// Floating-point operations of one optimizer step over `steps` × `streams` characters, products
// alone:
//   6 P_rec a character: 2 forward, 2 for the gradient of the values, 2 for that of the weights;
//   less the gradient of the state before the first step, which is not needed (2 G H^2 a layer and
//   stream); 6 P_out for each loss (every step, or the last); 6 V E G H for the table and its
//   gradients, once a step (not for one-hot input).
double training_flops(const ModelConfig& config, int64_t steps, int64_t streams,
                      bool last_step_only);

// … of reading one character: 2 (P_rec + P_out).
double forward_flops(const ModelConfig& config);

// Bytes of weights that reading one character in one stream must fetch: all matrices but the table,
// of which it takes one row.
double weight_bytes(const ModelConfig& config, double bytes_per_weight);

}  // namespace charrnn
