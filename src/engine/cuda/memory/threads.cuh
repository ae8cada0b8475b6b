// How the plain kernels share a row of values, and add up over a block in an order that is always
// the same.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/cuda/memory/device.h"

namespace charrnn::cuda {

inline constexpr int kBlock = 256;       // threads
inline constexpr int kMaxBlocks = 1056;  // eight on each of a large GPU's multiprocessors

inline unsigned blocks_for(int64_t values) {
  return static_cast<unsigned>(std::clamp<int64_t>((values + kBlock - 1) / kBlock, 1, kMaxBlocks));
}

__device__ inline int64_t first_index() { return int64_t{blockIdx.x} * blockDim.x + threadIdx.x; }
__device__ inline int64_t index_stride() { return int64_t{gridDim.x} * blockDim.x; }

// The sum over a warp, for all its lanes.
template <class Value>
__device__ Value warp_sum(Value value) {
  for (int distance = 16; distance > 0; distance /= 2) {
    value += __shfl_xor_sync(0xffffffffu, value, distance);
  }
  return value;
}

__device__ inline float warp_largest(float value) {
  for (int distance = 16; distance > 0; distance /= 2) {
    value = fmaxf(value, __shfl_xor_sync(0xffffffffu, value, distance));
  }
  return value;
}

// The sum over a block of kBlock threads, for all of them. Called by all.
__device__ inline double block_sum(double value) {
  __shared__ double of_warp[kBlock / 32];
  const double sum = warp_sum(value);
  __syncthreads();  // an earlier call's values have been read
  if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = sum;
  __syncthreads();
  double total = 0;
  for (const double part : of_warp) total += part;
  return total;
}

}  // namespace charrnn::cuda
