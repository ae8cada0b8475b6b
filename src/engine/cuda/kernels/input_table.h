// The first layer's input: its share of the sums for each character of the vocabulary, biases
// apart.
#pragma once

#include "engine/cuda/memory/products.h"
#include "engine/cuda/memory/weights.h"

namespace charrnn::cuda {

// to [vocabulary][gates hidden] = embedding · W_ih^T. Queued on the stream of `products`.
template <class Stored>
void make_input_table(const DeviceWeights<Stored>& weights, Products& products, Stored* to) {
  const WeightsLayout& sizes = weights.layout();
  const int gates = sizes.gates * sizes.hidden;
  products.multiply(Factor<Stored>{weights.operand(sizes.embeddings), sizes.embedding},
                    Factor<Stored>{weights.operand(sizes.input[0]), sizes.embedding, true},
                    Product<Stored>{to, gates}, sizes.vocabulary, gates, sizes.embedding);
}

}  // namespace charrnn::cuda
