// Where the network's numbers lie in the GPU engine's block. Weights, gradients and the optimizer's
// moments all have this layout: PyTorch's row-major matrices with extents padded by zeros to what
// the matrix units take, gates in the order of sums.h. Zeros stay zeros: no padded unit, character
// or column ever gets a gradient.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/parameters.h"

namespace charrnn::cuda {

struct Matrix {
  int64_t begin = 0;  // place of its first value in the block
  int rows = 0;
  int columns = 0;
  int64_t size() const { return int64_t{rows} * columns; }
};

struct WeightsLayout {
  explicit WeightsLayout(const ModelConfig& config);

  ModelConfig config;
  int gates, sums, states, saved;
  int hidden;      // hidden_size, padded to whole tiles of the resident kernels
  int embedding;   // embedding_size, padded
  int vocabulary;  // vocabulary_size, padded

  // All matrices lie before all biases, the embedding first: what an optimizer step treats alike is
  // one stretch.
  Matrix embeddings;              // [vocabulary][embedding]
  std::vector<Matrix> input;      // of each layer: [gates hidden][embedding or hidden]
  std::vector<Matrix> recurrent;  // [gates hidden][hidden]
  Matrix output;                  // [vocabulary][hidden]
  int64_t matrices_end = 0;
  std::vector<Matrix> input_bias;      // [1][gates hidden]
  std::vector<Matrix> recurrent_bias;  // [1][gates hidden]
  Matrix output_bias;                  // [1][vocabulary]
  int64_t size = 0;

  // Where training begins to change values: a one-hot embedding is left alone.
  int64_t learned_begin() const { return config.one_hot ? embeddings.size() : 0; }

  std::vector<float> pack(const Parameters& from) const;  // empty parameters: zeros
  void unpack(std::span<const float> from, Parameters& to) const;

 private:
  // Calls action(place in PyTorch's tensor, place here, values) for each row of each tensor.
  template <class Action>
  void for_each_row(const Action& action) const;
};

}  // namespace charrnn::cuda
