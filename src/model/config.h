// The architecture of a network.
#pragma once

#include <cstdint>

#include "model/cells/cells.h"

namespace charrnn {

// Embedding (or one-hot rows) → `layers` recurrent layers → linear layer to the logits.
struct ModelConfig {
  CellKind cell = CellKind::kLstm;
  int layers = 2;
  int hidden_size = 256;
  int embedding_size = 64;
  int vocabulary_size = 0;
  // The embedding is the identity and is not trained; embedding_size equals vocabulary_size.
  bool one_hot = false;

  int gates() const { return cell_traits(cell).gates; }    // rows of the matrices: gates × hidden
  int states() const { return cell_traits(cell).states; }  // carried vectors per layer: h, or h, c
  int input_size(int layer) const { return layer == 0 ? embedding_size : hidden_size; }

  bool operator==(const ModelConfig&) const = default;
};

}  // namespace charrnn
