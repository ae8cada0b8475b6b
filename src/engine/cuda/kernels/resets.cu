#include "engine/cuda/kernels/resets.h"
#include "engine/cuda/memory/precision.cuh"
#include "engine/cuda/memory/threads.cuh"

namespace charrnn::cuda {
namespace {

template <class Stored>
__global__ void clear_rows(const Stored* from, const uint8_t* resets, int64_t count, int hidden,
                           Stored* to) {
  for (int64_t i = first_index(); i < count; i += index_stride()) {
    to[i] = resets[i / hidden] ? OperandOf<Stored>::from_float(0) : from[i];
  }
}

}  // namespace

template <class Stored>
void clear_resets(const Stored* from, const uint8_t* resets, int64_t rows, int hidden, Stored* to,
                  cudaStream_t stream) {
  clear_rows<<<blocks_for(rows * hidden), kBlock, 0, stream>>>(from, resets, rows * hidden, hidden,
                                                               to);
  check_cuda(cudaGetLastError(), "clearing states");
}

template void clear_resets(const float*, const uint8_t*, int64_t, int, float*, cudaStream_t);
template void clear_resets(const __nv_bfloat16*, const uint8_t*, int64_t, int, __nv_bfloat16*,
                           cudaStream_t);

}  // namespace charrnn::cuda
