// One unit of one stream at one time: the cell's formulas between the arrays of recurrence.h.
#pragma once

#include "engine/cuda/operand.cuh"
#include "engine/cuda/recurrence.h"
#include "engine/cuda/sums.h"

namespace charrnn::cuda {

// What one unit needs beside the recurrent sums. It is read as it lies in memory a time ahead, so
// that nothing waits for it.
template <class Operand, class Cell>
struct ForwardStep {
  using Real = Number<Operand::precise>;
  using Stored = typename Operand::Stored;
  Stored inputs[Cell::gates];
  bool begins;

  // The row of `inputs`, or of `table`, that holds the input's share.
  __device__ static int64_t input_row(const ForwardLayer<Stored>& layer, int t, int stream) {
    const int64_t place = int64_t{t} * layer.streams + stream;
    return layer.table ? layer.ids[place] : place;
  }
  __device__ void read(const ForwardLayer<Stored>& layer, int64_t row, int t, int stream,
                       int unit) {
    begins = layer.resets && layer.resets[int64_t{t} * layer.streams + stream];
    const Stored* values = layer.table ? layer.table : layer.inputs;
    values += row * Cell::gates * layer.hidden + unit;
#pragma unroll
    for (int block = 0; block < Cell::gates; ++block) {
      inputs[block] = values[int64_t{block} * layer.hidden];
    }
  }

  // recurrent: what weight_hh gives for each of its blocks. state: in, before the step; out, after
  // it. bias: of each sum.
  __device__ void compute(const float (&recurrent)[Cell::gates], const float (&bias)[Cell::sums],
                          Real (&state)[Cell::states], Real (&saved)[Cell::saved]) const {
    Real sums[Cell::sums];
#pragma unroll
    for (int sum = 0; sum < Cell::sums; ++sum) sums[sum] = bias[sum];
#pragma unroll
    for (int block = 0; block < Cell::gates; ++block) {
      const int of_input = sum_of_input_block<Cell>(block);
      const int of_recurrent = sum_of_recurrent_block<Cell>(block);
      sums[of_input] = sums[of_input] + Operand::to_float(inputs[block]);
      sums[of_recurrent] = sums[of_recurrent] + recurrent[block];
    }
    Cell::forward(sums, state, saved);
  }
};

// The bias of each sum of a unit.
template <class Cell, class Stored>
__device__ void read_bias(const ForwardLayer<Stored>& layer, int unit, float (&bias)[Cell::sums]) {
  for (float& value : bias) value = 0;
  for (int block = 0; block < Cell::gates; ++block) {
    const int64_t place = int64_t{block} * layer.hidden + unit;
    bias[sum_of_input_block<Cell>(block)] += layer.input_bias[place];
    bias[sum_of_recurrent_block<Cell>(block)] += layer.recurrent_bias[place];
  }
}

// Writes what backward and the trace need beside h.
template <class Operand, class Cell>
__device__ void keep(const ForwardLayer<typename Operand::Stored>& layer, int t, int stream,
                     int unit, const Number<Operand::precise> (&state)[Cell::states],
                     const Number<Operand::precise> (&saved)[Cell::saved]) {
  const int64_t plane = int64_t{layer.streams} * layer.hidden;
  const int64_t place = int64_t{stream} * layer.hidden + unit;
  if (layer.other_states) {
    for (int i = 1; i < Cell::states; ++i) {
      layer.other_states[((i - 1) * int64_t{layer.steps + 1} + t + 1) * plane + place] =
          Operand::from_float(state[i].value);
    }
  }
  if (!layer.saved) return;
  for (int i = 0; i < Cell::saved; ++i) {
    layer.saved[(int64_t{t} * Cell::saved + i) * plane + place] =
        Operand::from_float(saved[i].value);
  }
}

// The same on the way back.
template <class Operand, class Cell>
struct BackwardStep {
  using Real = Number<Operand::precise>;
  using Stored = typename Operand::Stored;
  Stored saved[Cell::saved];
  Stored previous[Cell::states];
  Stored d_output;
  bool begins;

  __device__ void read(const BackwardLayer<typename Operand::Stored>& layer, int t, int stream,
                       int unit) {
    const int64_t plane = int64_t{layer.streams} * layer.hidden;
    const int64_t place = int64_t{stream} * layer.hidden + unit;
    begins = layer.resets && layer.resets[int64_t{t} * layer.streams + stream];
#pragma unroll
    for (int i = 0; i < Cell::saved; ++i) {
      saved[i] = layer.saved[(int64_t{t} * Cell::saved + i) * plane + place];
    }
    previous[0] = layer.hidden_states[t * plane + place];
#pragma unroll
    for (int i = 1; i < Cell::states; ++i) {
      previous[i] =
          layer.other_states[((i - 1) * int64_t{layer.steps + 1} + t) * plane + place];
    }
    const bool given = !layer.last_only || t == layer.steps - 1;
    const int64_t row = layer.last_only ? 0 : t * plane;
    d_output = given ? layer.d_output[row + place] : Operand::from_float(0);
  }

  // d_state: in, the gradient with respect to the state after the step, but for what comes from
  // above and through the next step's weight_hh (`recurrent`); out, before the step.
  __device__ void compute(float recurrent, Real (&d_state)[Cell::states],
                          Real (&d_sums)[Cell::sums]) const {
    Real kept[Cell::saved], before[Cell::states];
#pragma unroll
    for (int i = 0; i < Cell::saved; ++i) kept[i] = Operand::to_float(saved[i]);
#pragma unroll
    for (int i = 0; i < Cell::states; ++i) {
      before[i] = begins ? 0.0f : Operand::to_float(previous[i]);
    }
    d_state[0] = d_state[0] + (Operand::to_float(d_output) + recurrent);
    Cell::backward(kept, before, d_state, d_sums);
    if (begins) {
      for (Real& value : d_state) value = 0.0f;
    }
  }
};

}  // namespace charrnn::cuda
