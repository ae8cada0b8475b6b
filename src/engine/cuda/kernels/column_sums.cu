#include "engine/cuda/kernels/column_sums.h"
#include "engine/cuda/memory/precision.cuh"
#include "engine/cuda/memory/threads.cuh"

namespace charrnn::cuda {
namespace {

constexpr int kColumns = 32, kRows = kBlock / kColumns;

// A block: 32 columns of every kColumnParts-th group of kRows rows.
template <class Stored>
__global__ void sum_part(const Stored* from, int64_t rows, int columns, float* parts) {
  __shared__ float sums[kRows][kColumns];
  const int column = blockIdx.x * kColumns + threadIdx.x % kColumns;
  const int first = threadIdx.x / kColumns;
  float sum = 0;
  if (column < columns) {
    const int64_t stride = int64_t{kRows} * kColumnParts;
    for (int64_t row = int64_t{blockIdx.y} * kRows + first; row < rows; row += stride) {
      sum += OperandOf<Stored>::to_float(from[row * columns + column]);
    }
  }
  sums[first][threadIdx.x % kColumns] = sum;
  __syncthreads();
  if (threadIdx.x >= kColumns || column >= columns) return;
  float total = 0;
  for (int row = 0; row < kRows; ++row) total += sums[row][threadIdx.x];
  parts[int64_t{blockIdx.y} * columns + column] = total;
}

__global__ void add(const float* parts, int count, int stride, int columns, float* to) {
  for (int64_t i = first_index(); i < columns; i += index_stride()) {
    float sum = 0;
    for (int part = 0; part < count; ++part) sum += parts[int64_t{part} * stride + i];
    to[i] = sum;
  }
}

}  // namespace

template <class Stored>
void sum_columns_in_parts(const Stored* from, int64_t rows, int columns, float* parts,
                          cudaStream_t stream) {
  const dim3 grid((columns + kColumns - 1) / kColumns, kColumnParts);
  sum_part<<<grid, kBlock, 0, stream>>>(from, rows, columns, parts);
  check_cuda(cudaGetLastError(), "adding up rows");
}

void add_parts(const float* parts, int count, int stride, int columns, float* to,
               cudaStream_t stream) {
  add<<<blocks_for(columns), kBlock, 0, stream>>>(parts, count, stride, columns, to);
  check_cuda(cudaGetLastError(), "adding up rows");
}

template void sum_columns_in_parts(const float*, int64_t, int, float*, cudaStream_t);
template void sum_columns_in_parts(const __nv_bfloat16*, int64_t, int, float*, cudaStream_t);

}  // namespace charrnn::cuda
