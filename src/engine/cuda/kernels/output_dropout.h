// Dropout on layers' outputs and on the gradients that come back to them.
#pragma once

#include <cuda_runtime_api.h>

#include "engine/cuda/memory/step_values.h"
#include "engine/cuda/memory/weights_layout.h"

namespace charrnn::cuda {

// Which outputs: of one layer, [steps][streams][hidden].
struct DroppedOutputs {
  int layer = 0;
  bool last_layer = false;
  bool locked = false;
  int first_time = 0;  // of the rows given
  int steps = 0;
  int streams = 0;
  int hidden = 0;
};

// from → to, where a value is not kept 0 and else scaled. The two may be the same array.
template <class Stored>
void drop_outputs(const DroppedOutputs& outputs, const StepValues* step, const Stored* from,
                  Stored* to, cudaStream_t stream);

}  // namespace charrnn::cuda
