// One layer through time on the GPU: what the kernels are told. Everything in time order has the
// streams of one time side by side: [steps][streams][…]. `Stored` is the operands' type (bf16 or
// float); extents are those of WeightsLayout. Pointers are to the GPU's memory.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "engine/cuda/memory/weights_layout.h"

namespace charrnn::cuda {

// Where the carried state of some streams lies: [states][streams][hidden], one layer's.
struct CarriedState {
  float* values = nullptr;
  int streams = 0;  // that the array holds: the first ones are used
};

template <class Stored>
struct ForwardLayer {
  int steps = 0;
  int streams = 0;
  int hidden = 0;
  const Stored* recurrent = nullptr;      // weight_hh [gates hidden][hidden]
  const float* input_bias = nullptr;      // [gates hidden]
  const float* recurrent_bias = nullptr;  // [gates hidden]
  // The input's share of the sums, biases apart: either a row for each time and stream…
  const Stored* inputs = nullptr;  // [steps][streams][gates hidden]
  // … or one for each character of the vocabulary.
  const Stored* table = nullptr;    // [vocabulary][gates hidden]
  const int32_t* ids = nullptr;     // [steps][streams]
  const uint8_t* resets = nullptr;  // [steps][streams], or null: where not 0 a document begins

  CarriedState state;
  // What the layer was at each time, the carried state at place 0, so [t] is before step t.
  Stored* hidden_states = nullptr;  // [steps + 1][streams][hidden]: state 0, h
  Stored* other_states = nullptr;   // [states - 1][steps + 1][streams][hidden]; null where not kept
  Stored* saved = nullptr;          // [steps][streams][saved][hidden]; null where not kept
};

template <class Stored>
struct BackwardLayer {
  int steps = 0;
  int streams = 0;
  int hidden = 0;
  const Stored* recurrent = nullptr;             // weight_hh [gates hidden][hidden]
  const Stored* recurrent_transposed = nullptr;  // [hidden][gates hidden]
  const uint8_t* resets = nullptr;
  const Stored* hidden_states = nullptr;  // as forward left them
  const Stored* other_states = nullptr;
  const Stored* saved = nullptr;
  // The gradient that comes from above: of every step, or of the last alone ([streams][hidden]).
  const Stored* d_output = nullptr;
  bool last_only = false;

  Stored* d_sums = nullptr;  // [steps][streams][sums hidden], in the order of sums.h
  // Sums of d_sums over time and streams, [parts][sums hidden]; as many parts as forward/backward
  // use.
  float* d_bias_parts = nullptr;
};

}  // namespace charrnn::cuda
