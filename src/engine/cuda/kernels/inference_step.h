// Small products and cells for characters that come one at a time: a warp a unit, for a few streams
// at once. Each stream's sums are made in the same order whichever streams are beside it.
#pragma once

#include "engine/cuda/memory/recurrence.h"

namespace charrnn::cuda {

template <class Stored>
struct AdvanceLayer {
  int streams = 0;
  int hidden = 0;
  const Stored* input_weights = nullptr;      // weight_ih [gates hidden][hidden]; null: `table`
  const Stored* recurrent_weights = nullptr;  // weight_hh [gates hidden][hidden]
  const float* input_bias = nullptr;
  const float* recurrent_bias = nullptr;
  const Stored* table = nullptr;  // [vocabulary][gates hidden], of the first layer
  const int32_t* ids = nullptr;   // [streams]
  const float* below = nullptr;   // [streams][hidden]: h of the layer below, after this character
  CarriedState state;             // changed, but for h
  const float* held = nullptr;    // [hidden]: units held at values; not a number where not held
  float* hidden_state = nullptr;  // [streams][hidden]: h after this character
};

// One step of one layer: a character of each stream. The carried h stays as it was, for all units
// read it: hidden_state takes its place afterwards.
template <class Stored>
void advance_layer(CellKind cell, const AdvanceLayer<Stored>& layer, cudaStream_t stream);

// logits [streams][vocabulary] of h [streams][hidden].
template <class Stored>
void advance_output(const Stored* weights, const float* bias, const float* hidden_state,
                    int streams, int hidden, int vocabulary, float* logits, cudaStream_t stream);

}  // namespace charrnn::cuda
