#include "export/onnx/onnx_operator.h"

namespace charrnn {
namespace {

constexpr int kRnnGates[] = {0};
constexpr int kLstmGates[] = {0, 3, 1, 2};  // i o f c from i f g o
constexpr int kGruGates[] = {1, 0, 2};      // z r h from r z n

}  // namespace

std::optional<OnnxOperator> onnx_operator(CellKind cell) {
  switch (cell) {
    case CellKind::kRnn:
      return OnnxOperator{"RNN", kRnnGates};
    case CellKind::kLstm:
      return OnnxOperator{"LSTM", kLstmGates};
    case CellKind::kGru:
      return OnnxOperator{"GRU", kGruGates, true};
  }
  return std::nullopt;
}

}  // namespace charrnn
