#include "engine/cuda/kernels/loss.h"
#include "engine/cuda/memory/precision.cuh"
#include "engine/cuda/memory/threads.cuh"

namespace charrnn::cuda {
namespace {

//   log p[i] = (logit[i] - largest) - log_sum
// The two are never added up: the logarithm would be lost where the logits are large.
struct Normalizer {
  float largest, log_sum;
  __device__ float log_probability(float logit) const { return (logit - largest) - log_sum; }
};

// Of a row's logits, for all lanes of a warp.
template <class Logit>
__device__ Normalizer normalizer_of(int lane, int vocabulary, const Logit& logit) {
  float largest = -INFINITY;
  bool number = true;
  for (int i = lane; i < vocabulary; i += 32) {
    const float value = logit(i);
    number = number && value == value;
    largest = fmaxf(largest, value);
  }
  largest = warp_largest(largest);
  // fmaxf leaves out what is not a number; a diverged network must be noticed.
  if (!__all_sync(0xffffffffu, number)) return {NAN, NAN};
  float sum = 0;
  for (int i = lane; i < vocabulary; i += 32) sum += expf(logit(i) - largest);
  return {largest, logf(warp_sum(sum))};
}

// A warp a row. The gradient of a row's loss with respect to its logits is p - q, where q is the
// smoothed target:  q[i] = (1 - s where i is the target, else 0) + s / vocabulary.
template <class Stored>
__global__ void cross_entropy_rows(LossRows<Stored> rows) {
  const int lane = threadIdx.x % 32;
  const int64_t warps = int64_t{gridDim.x} * (blockDim.x / 32);
  double sum = 0;  // of this warp's rows
  for (int64_t row = first_index() / 32; row < rows.rows; row += warps) {
    const float* logits = rows.logits + row * rows.stride;
    const auto logit = [&](int i) { return logits[i] + rows.bias[i]; };
    const Normalizer normalizer = normalizer_of(lane, rows.vocabulary, logit);
    if (rows.targets) {
      const float loss = -normalizer.log_probability(logit(rows.targets[row]));
      sum += double{loss} * rows.weight;
      if (rows.losses && lane == 0) rows.losses[row] = loss;
    }
    if (rows.log_probabilities) {
      for (int i = lane; i < rows.vocabulary; i += 32) {
        rows.log_probabilities[row * rows.vocabulary + i] = normalizer.log_probability(logit(i));
      }
    }
    if (!rows.d_logits) continue;
    const float smoothing = rows.step->label_smoothing;
    const float every = smoothing / static_cast<float>(rows.vocabulary);
    const int target = rows.targets[row];
    for (int i = lane; i < rows.stride; i += 32) {
      float d = 0;
      if (i < rows.vocabulary) {
        const float p = expf(normalizer.log_probability(logit(i)));
        d = rows.weight * (p - every - (i == target ? 1 - smoothing : 0));
      }
      rows.d_logits[row * rows.stride + i] = OperandOf<Stored>::from_float(d);
    }
  }
  if (!rows.parts) return;
  const double total = block_sum(lane == 0 ? sum : 0);
  if (threadIdx.x == 0) rows.parts[blockIdx.x] = total;
}

}  // namespace

template <class Stored>
void cross_entropy(const LossRows<Stored>& rows, cudaStream_t stream) {
  cross_entropy_rows<<<kLossParts, kBlock, 0, stream>>>(rows);
  check_cuda(cudaGetLastError(), "finding the loss");
}

template void cross_entropy(const LossRows<float>&, cudaStream_t);
template void cross_entropy(const LossRows<__nv_bfloat16>&, cudaStream_t);

}  // namespace charrnn::cuda
