// A model as a graph of ONNX (opset 14), for any runtime that has its recurrent operators.
//
//   inputs   input   int64   [time, batch]           characters as ids
//            h_0     float32 [layers, batch, hidden]  the carried state, as PyTorch has it
//            c_0     float32 [layers, batch, hidden]  of an LSTM
//   outputs  logits  float32 [time, batch, vocabulary]
//            h_n, c_n                                 the state after the last character
//
// The model's metadata (vocabulary, cell, sizes, …) are the file's metadata_props, under the keys
// of docs/model-file.md. Field numbers are those of onnx.proto
// (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
#pragma once

#include "base/files/file.h"
#include "export/weight_type.h"
#include "model/file/model_file.h"

namespace charrnn {

// Borrows the model until it is written. Matrices that are not float32 are turned into float32 by
// the first nodes of the graph. Throws Error (kModel) where ONNX lacks the cell, (kLimit) where
// the file would exceed protobuf's 2 GiB.
FileContent onnx_content(const Model& model, WeightType type);

}  // namespace charrnn
