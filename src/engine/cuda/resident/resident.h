// A layer through time in one kernel, its recurrent matrix on the chip (resident_plan.h).
#pragma once

#include "engine/cuda/memory/recurrence.h"
#include "engine/cuda/resident/resident_plan.h"

namespace charrnn::cuda {

// Stored: float or __nv_bfloat16. The plan is for the matrix as it is, or for its transpose.
// hidden_states, or d_sums, hold nothing but bytes of 0xff before: what the blocks take for "not
// there yet".
template <class Stored>
void forward_resident(CellKind cell, const ForwardLayer<Stored>& layer, const ResidentPlan& plan,
                      cudaStream_t stream);
template <class Stored>
void backward_resident(CellKind cell, const BackwardLayer<Stored>& layer, const ResidentPlan& plan,
                       cudaStream_t stream);

}  // namespace charrnn::cuda
