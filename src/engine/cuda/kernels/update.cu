#include "engine/cuda/kernels/loss.h"
#include "engine/cuda/kernels/update.h"
#include "engine/cuda/memory/precision.cuh"
#include "engine/cuda/memory/threads.cuh"
#include "model/optimizer.h"

namespace charrnn::cuda {
namespace {

// What a thread takes at a time, in one piece of memory.
template <class Value>
struct alignas(4 * sizeof(Value)) Four {
  Value values[4];
};
template <class Value>
__device__ Four<Value>* fours(Value* values) {
  return reinterpret_cast<Four<Value>*>(values);
}
template <class Value>
__device__ const Four<Value>* fours(const Value* values) {
  return reinterpret_cast<const Four<Value>*>(values);
}

__global__ void square_parts(const float* gradient, int64_t begin, int64_t end, double* parts) {
  double sum = 0;
  for (int64_t i = begin / 4 + first_index(); i < end / 4; i += index_stride()) {
    for (const float g : fours(gradient)[i].values) sum += double{g} * g;
  }
  const double total = block_sum(sum);
  if (threadIdx.x == 0) parts[blockIdx.x] = total;
}

__device__ double sum_parts(const double* parts, int count) {
  double sum = 0;
  for (int i = threadIdx.x; i < count; i += kBlock) sum += parts[i];
  return block_sum(sum);
}

// Every block adds the parts itself: they are few, and no kernel has to run before for it.
__device__ StepOutcome outcome_of(const double* loss_parts, const double* norm_parts) {
  StepOutcome outcome;
  outcome.loss = sum_parts(loss_parts, kLossParts);
  outcome.gradient_norm = sqrt(sum_parts(norm_parts, kNormParts));
  outcome.applied = isfinite(outcome.loss) && isfinite(outcome.gradient_norm);
  return outcome;
}

template <class Stored, class Rule>
__device__ void update_all(const UpdatedBlock<Stored>& block, Rule rule, Clip clip,
                           const StepValues& step, double norm) {
  const float scale =
      clip == Clip::kNorm ? static_cast<float>(clip_scale(norm, step.clip_limit)) : 1;
  const float limit = clip == Clip::kElement ? static_cast<float>(step.clip_limit) : INFINITY;
  for (int64_t i = block.begin / 4 + first_index(); i < block.end / 4; i += index_stride()) {
    const Four<float> g = fours(block.gradient)[i];
    Four<float> w = fours(block.weights)[i], m = fours(block.first_moment)[i],
                v = fours(block.second_moment)[i], ema;
    if (block.ema) ema = fours(block.ema)[i];
    Four<Stored> operands;
    rule.decay = 4 * i < block.matrices_end ? step.decay : 1;
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      rule(w.values[k], m.values[k], v.values[k], fminf(fmaxf(g.values[k] * scale, -limit), limit));
      operands.values[k] = OperandOf<Stored>::from_float(w.values[k]);
      ema.values[k] = step.ema_decay * ema.values[k] + step.one_minus_ema_decay * w.values[k];
    }
    fours(block.weights)[i] = w;
    fours(block.first_moment)[i] = m;
    fours(block.second_moment)[i] = v;
    fours(block.operands)[i] = operands;
    if (block.ema) fours(block.ema)[i] = ema;
  }
}

template <class Stored>
__global__ void update_block(UpdatedBlock<Stored> block, Optimizer optimizer, Clip clip,
                             const StepValues* values, const double* loss_parts,
                             const double* norm_parts, StepOutcome* outcome) {
  const StepOutcome found = outcome_of(loss_parts, norm_parts);
  if (blockIdx.x == 0 && threadIdx.x == 0) *outcome = found;
  if (!found.applied) return;
  const StepValues step = *values;
  if (optimizer == Optimizer::kAdam) {
    const Adam<float> adam = {step.decay,      step.beta1,           step.one_minus_beta1,
                              step.beta2,      step.one_minus_beta2, step.step_size,
                              step.root_scale, step.epsilon};
    update_all(block, adam, clip, step, found.gradient_norm);
  } else {
    const Rmsprop<float> rmsprop = {step.decay, step.beta2, step.one_minus_beta2,
                                    step.learning_rate, step.epsilon};
    update_all(block, rmsprop, clip, step, found.gradient_norm);
  }
}

}  // namespace

void sum_squares(const float* gradient, int64_t begin, int64_t end, double* parts,
                 cudaStream_t stream) {
  square_parts<<<kNormParts, kBlock, 0, stream>>>(gradient, begin, end, parts);
  check_cuda(cudaGetLastError(), "finding the gradient's norm");
}

template <class Stored>
void apply_update(const UpdatedBlock<Stored>& block, Optimizer optimizer, Clip clip,
                  const StepValues* step, const double* loss_parts, const double* norm_parts,
                  StepOutcome* outcome, cudaStream_t stream) {
  update_block<<<blocks_for(block.end / 4), kBlock, 0, stream>>>(block, optimizer, clip, step,
                                                                 loss_parts, norm_parts, outcome);
  check_cuda(cudaGetLastError(), "updating weights");
}

template void apply_update(const UpdatedBlock<float>&, Optimizer, Clip, const StepValues*,
                           const double*, const double*, StepOutcome*, cudaStream_t);
template void apply_update(const UpdatedBlock<__nv_bfloat16>&, Optimizer, Clip, const StepValues*,
                           const double*, const double*, StepOutcome*, cudaStream_t);

}  // namespace charrnn::cuda
