// Clip, optimizer and EMA over the whole block of weights.
#pragma once

#include <cuda_runtime_api.h>

#include "engine/cuda/memory/step_values.h"

namespace charrnn::cuda {

inline constexpr int kNormParts = 264;

// All begins and ends are multiples of four.
template <class Stored>
struct UpdatedBlock {
  float* weights = nullptr;
  float* first_moment = nullptr;
  float* second_moment = nullptr;
  float* ema = nullptr;        // null: none is kept
  Stored* operands = nullptr;  // of the new weights
  const float* gradient = nullptr;
  int64_t begin = 0;         // of what is learned
  int64_t matrices_end = 0;  // weight decay ends here
  int64_t end = 0;
};

// Sums of squares of the gradient in kNormParts parts.
void sum_squares(const float* gradient, int64_t begin, int64_t end, double* parts,
                 cudaStream_t stream);

// loss_parts: kLossParts sums, norm_parts: as sum_squares left them. Where loss or norm is not
// finite nothing changes, and the outcome says so.
template <class Stored>
void apply_update(const UpdatedBlock<Stored>& block, Optimizer optimizer, Clip clip,
                  const StepValues* step, const double* loss_parts, const double* norm_parts,
                  StepOutcome* outcome, cudaStream_t stream);

}  // namespace charrnn::cuda
