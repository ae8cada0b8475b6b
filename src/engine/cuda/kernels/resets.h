// Where documents begin within a text.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace charrnn::cuda {

// Rows of h [steps][streams][hidden], zero where a document begins: what W_hh was multiplied with.
template <class Stored>
void clear_resets(const Stored* from, const uint8_t* resets, int64_t rows, int hidden, Stored* to,
                  cudaStream_t stream);

}  // namespace charrnn::cuda
