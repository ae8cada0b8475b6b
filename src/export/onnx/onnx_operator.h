// How ONNX has our cells: its operators and the order of their gates
// (https://onnx.ai/onnx/operators).
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "model/cells/cells.h"

namespace charrnn {

struct OnnxOperator {
  std::string_view name;
  // For each block of rows in ONNX's order, the block in ours (PyTorch's).
  std::span<const int> gates;
  bool linear_before_reset = false;  // of a GRU: the reset gate acts after the product
};

// Nothing where ONNX has no operator that computes the cell.
std::optional<OnnxOperator> onnx_operator(CellKind cell);

}  // namespace charrnn
