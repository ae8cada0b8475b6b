#include "engine/cuda/loss.h"
#include "engine/cuda/threads.cuh"
#include "engine/cuda/update.h"
#include "model/optimizer.h"

namespace charrnn::cuda {
namespace {

__global__ void square_parts(UpdatedBlock block, double* parts) {
  double sum = 0;
  for (int64_t i = block.begin + first_index(); i < block.end; i += index_stride()) {
    sum += double{block.gradient[i]} * block.gradient[i];
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

template <class Rule>
__device__ void update_all(const UpdatedBlock& block, Rule rule, Clip clip, const StepValues& step,
                           double norm) {
  const float scale =
      clip == Clip::kNorm ? static_cast<float>(clip_scale(norm, step.clip_limit)) : 1;
  const float limit = clip == Clip::kElement ? static_cast<float>(step.clip_limit) : INFINITY;
  for (int64_t i = block.begin + first_index(); i < block.end; i += index_stride()) {
    const float g = fminf(fmaxf(block.gradient[i] * scale, -limit), limit);
    float w = block.weights[i], m = block.first_moment[i], v = block.second_moment[i];
    rule.decay = i < block.matrices_end ? step.decay : 1;
    rule(w, m, v, g);
    block.weights[i] = w;
    block.first_moment[i] = m;
    block.second_moment[i] = v;
    if (block.average) {
      block.average[i] = step.average_decay * block.average[i] + step.one_minus_average_decay * w;
    }
  }
}

__global__ void update_block(UpdatedBlock block, Optimizer optimizer, Clip clip,
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

void sum_squares(const UpdatedBlock& block, double* parts, cudaStream_t stream) {
  square_parts<<<kNormParts, kBlock, 0, stream>>>(block, parts);
  must(cudaGetLastError(), "finding the gradient's norm");
}

void apply_update(const UpdatedBlock& block, Optimizer optimizer, Clip clip, const StepValues* step,
                  const double* loss_parts, const double* norm_parts, StepOutcome* outcome,
                  cudaStream_t stream) {
  update_block<<<blocks_for(block.end), kBlock, 0, stream>>>(block, optimizer, clip, step,
                                                             loss_parts, norm_parts, outcome);
  must(cudaGetLastError(), "updating weights");
}

}  // namespace charrnn::cuda
