// A network's weights in the layout of the inference kernels: packed once, read for every
// character.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/cpu/kernels/inference_kernels.h"
#include "engine/cpu/memory/huge_array.h"
#include "model/parameters.h"

namespace charrnn::cpu {

// One matrix, or two whose products go to one unit's sums.
struct PackedMatrix {
  PanelShape shape;
  int panels = 0;
  int input_steps = 0;
  int hidden_steps = 0;
  size_t panel_values = 0;
  HugeArray<std::byte> values;  // of the operands' type
  size_t bytes() const { return panels * panel_values * shape.value_bytes; }
};

// The weights of one layer and of the linear map, and the first values of their sums.
struct InferenceLayer {
  PackedMatrix matrix;
  // [rows][panel][sum][unit] float32: biases, in one row; for the first layer one row for each
  // character, in which its embedding's product with weight_ih is added already.
  HugeArray<float> starts;
  size_t start_stride = 0;
};

struct InferenceWeights {
  InferenceWeights() = default;
  InferenceWeights(const Parameters& parameters, const InferenceKernels& kernels);
  size_t bytes() const;  // that one character must fetch

  std::vector<InferenceLayer> layers;
  InferenceLayer output;
};

// Packs rows of row-major `input` [gates × outputs][inputs] and `hidden` [gates × outputs][outputs]
// (either may be empty). transposed: rows are columns and the other way round.
PackedMatrix pack_matrix(const PanelShape& shape, int outputs, std::span<const float> input,
                         int inputs, std::span<const float> hidden, int hidden_inputs,
                         bool transposed = false);

}  // namespace charrnn::cpu
