#include <bit>
#include <cub/device/device_radix_sort.cuh>
#include <numeric>
#include <vector>

#include "engine/cuda/kernels/table_gradient.h"
#include "engine/cuda/memory/precision.cuh"
#include "engine/cuda/memory/threads.cuh"

namespace charrnn::cuda {
namespace {

constexpr int kChunk = 16;  // sorted rows that one block adds up

// A run is a stretch of equal ids within a chunk. From run to run either the id or the chunk grows,
// so chunk + id is a place that no two runs share.
template <class Stored>
__global__ void sum_runs(const int32_t* ids, const int32_t* places, int64_t count,
                         const Stored* rows, int64_t stride, int columns, float* run_sums) {
  const int column = blockIdx.y * kBlock + threadIdx.x;
  if (column >= columns) return;
  const int64_t chunk = blockIdx.x;
  const int64_t end = min((chunk + 1) * int64_t{kChunk}, count);
  int32_t id = ids[chunk * kChunk];
  float sum = 0;
  for (int64_t i = chunk * kChunk; i < end; ++i) {
    if (ids[i] != id) {
      run_sums[(chunk + id) * columns + column] = sum;
      id = ids[i];
      sum = 0;
    }
    sum += OperandOf<Stored>::to_float(rows[places[i] * stride + column]);
  }
  run_sums[(chunk + id) * columns + column] = sum;
}

// The first place of an id that is not below `id`.
__device__ int64_t lower_bound(const int32_t* ids, int64_t count, int32_t id) {
  int64_t begin = 0;
  while (count > 0) {
    const int64_t half = count / 2;
    if (ids[begin + half] < id) {
      begin += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return begin;
}

// The runs of each id are those of the chunks that its stretch touches.
template <class Stored>
__global__ void sum_ids(const int32_t* ids, int64_t count, const float* run_sums, int columns,
                        Stored* to) {
  const int id = blockIdx.x;
  const int64_t begin = lower_bound(ids, count, id), end = lower_bound(ids, count, id + 1);
  const int column = blockIdx.y * kBlock + threadIdx.x;
  if (column >= columns) return;
  float sum = 0;
  if (begin < end) {
    for (int64_t chunk = begin / kChunk; chunk <= (end - 1) / kChunk; ++chunk) {
      sum += run_sums[(chunk + id) * columns + column];
    }
  }
  to[int64_t{id} * columns + column] = OperandOf<Stored>::from_float(sum);
}

}  // namespace

TableGradient::TableGradient(int64_t max_rows, int columns, int vocabulary)
    : columns_(columns),
      vocabulary_(vocabulary),
      places_(max_rows),
      sorted_ids_(max_rows),
      sorted_places_(max_rows),
      run_sums_(((max_rows + kChunk - 1) / kChunk + vocabulary) * columns) {
  std::vector<int32_t> places(max_rows);
  std::iota(places.begin(), places.end(), 0);
  upload(places.data(), places_.data(), places_.bytes());
  size_t bytes = 0;
  check_cuda(cub::DeviceRadixSort::SortPairs(nullptr, bytes, sorted_ids_.data(), sorted_ids_.data(),
                                             places_.data(), sorted_places_.data(), max_rows, 0,
                                             std::bit_width(static_cast<unsigned>(vocabulary))),
             "sorting characters");
  scratch_ = DeviceArray<char>(std::max<size_t>(bytes, 1));
}

// Radix sort keeps the order of equal ids.
void TableGradient::sort(const int32_t* ids, int64_t count, cudaStream_t stream) {
  size_t bytes = scratch_.bytes();
  check_cuda(
      cub::DeviceRadixSort::SortPairs(scratch_.data(), bytes, ids, sorted_ids_.data(),
                                      places_.data(), sorted_places_.data(), count, 0,
                                      std::bit_width(static_cast<unsigned>(vocabulary_)), stream),
      "sorting characters");
}

template <class Stored>
void TableGradient::add_up(int64_t count, const Stored* rows, int64_t stride, Stored* to,
                           cudaStream_t stream) {
  const unsigned chunks = static_cast<unsigned>((count + kChunk - 1) / kChunk);
  const unsigned column_blocks = static_cast<unsigned>((columns_ + kBlock - 1) / kBlock);
  sum_runs<<<dim3(chunks, column_blocks), kBlock, 0, stream>>>(
      sorted_ids_.data(), sorted_places_.data(), count, rows, stride, columns_, run_sums_.data());
  sum_ids<<<dim3(static_cast<unsigned>(vocabulary_), column_blocks), kBlock, 0, stream>>>(
      sorted_ids_.data(), count, run_sums_.data(), columns_, to);
  check_cuda(cudaGetLastError(), "adding up rows of characters");
}

template void TableGradient::add_up(int64_t, const float*, int64_t, float*, cudaStream_t);
template void TableGradient::add_up(int64_t, const __nv_bfloat16*, int64_t, __nv_bfloat16*,
                                    cudaStream_t);

}  // namespace charrnn::cuda
