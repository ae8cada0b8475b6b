// A layer through time step by step: a product by the library and a kernel for the cell at each
// time. For sizes that resident.h has no kernels for.
#pragma once

#include "engine/cuda/kernels/column_sums.h"
#include "engine/cuda/memory/products.h"
#include "engine/cuda/memory/recurrence.h"

namespace charrnn::cuda {

// Memory that the steps share.
struct StepwiseScratch {
  float* sums = nullptr;      // forward: [streams][gates hidden]; backward: [streams][hidden]
  float* d_states = nullptr;  // [states][streams][hidden]
};

template <class Stored>
void forward_stepwise(CellKind cell, const ForwardLayer<Stored>& layer,
                      const StepwiseScratch& scratch, Products& products, cudaStream_t stream);

// d_bias_parts gets kColumnParts parts.
template <class Stored>
void backward_stepwise(CellKind cell, const BackwardLayer<Stored>& layer,
                       const StepwiseScratch& scratch, Products& products, cudaStream_t stream);

}  // namespace charrnn::cuda
