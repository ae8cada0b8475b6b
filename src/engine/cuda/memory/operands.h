// The weights as products read them: rounded to the operands' type, under this step's masks, and
// the recurrent matrices transposed beside it.
#pragma once

#include "engine/cuda/memory/recurrence.h"
#include "engine/cuda/memory/step_values.h"

namespace charrnn::cuda {

// Which matrices dropout masks.
struct MaskedMatrices {
  bool recurrent = false;
  bool embedding = false;
};

// values (layout.size) → operands (layout.size). Where a mask is wanted, its rates, seed and step
// are read from `step` on the GPU.
template <class Stored>
void make_operands(const WeightsLayout& layout, const float* values, MaskedMatrices masked,
                   const StepValues* step, Stored* operands, cudaStream_t stream);

// Multiplies gradients by the same masks, in place.
void mask_gradient(const WeightsLayout& layout, MaskedMatrices masked, const StepValues* step,
                   float* gradient, cudaStream_t stream);

// from [rows][columns] → to [columns][rows]; both multiples of 32.
template <class Stored>
void transpose(const Stored* from, int rows, int columns, Stored* to, cudaStream_t stream);

}  // namespace charrnn::cuda
