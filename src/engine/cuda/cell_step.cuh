// One unit of one stream at one time: the cell's formulas between the arrays of recurrence.h.
#pragma once

#include "engine/cuda/operand.cuh"
#include "engine/cuda/recurrence.h"
#include "engine/cuda/sums.h"

namespace charrnn::cuda {

// What one unit needs beside the recurrent sums: read ahead of them, while they are awaited.
template <class Operand, class Cell>
struct ForwardStep {
  using Real = Number<Operand::precise>;
  float inputs[Cell::gates];
  bool begins;

  // t, stream, unit: of the layer's arrays.
  __device__ void read(const ForwardLayer<typename Operand::Stored>& layer, int t, int stream,
                       int unit) {
    const int64_t place = int64_t{t} * layer.streams + stream;
    begins = layer.resets && layer.resets[place];
    const int64_t row = Cell::gates * layer.hidden;
    for (int block = 0; block < Cell::gates; ++block) {
      const int64_t column = int64_t{block} * layer.hidden + unit;
      inputs[block] = layer.table ? layer.table[layer.ids[place] * row + column]
                                  : Operand::to_float(layer.inputs[place * row + column]);
    }
  }

  // recurrent: what weight_hh gives for each of its blocks. state: in, before the step; out, after
  // it. bias: of each sum.
  __device__ void compute(const float (&recurrent)[Cell::gates], const float (&bias)[Cell::sums],
                          Real (&state)[Cell::states], Real (&saved)[Cell::saved]) const {
    Real sums[Cell::sums];
    for (int sum = 0; sum < Cell::sums; ++sum) sums[sum] = bias[sum];
    for (int block = 0; block < Cell::gates; ++block) {
      const int of_input = sum_of_input_block<Cell>(block);
      const int of_recurrent = sum_of_recurrent_block<Cell>(block);
      sums[of_input] = sums[of_input] + inputs[block];
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
  Real saved[Cell::saved];
  Real previous[Cell::states];
  float d_output;
  bool begins;

  __device__ void read(const BackwardLayer<typename Operand::Stored>& layer, int t, int stream,
                       int unit) {
    const int64_t plane = int64_t{layer.streams} * layer.hidden;
    const int64_t place = int64_t{stream} * layer.hidden + unit;
    begins = layer.resets && layer.resets[int64_t{t} * layer.streams + stream];
    for (int i = 0; i < Cell::saved; ++i) {
      saved[i] = Operand::to_float(layer.saved[(int64_t{t} * Cell::saved + i) * plane + place]);
    }
    previous[0] = Operand::to_float(layer.hidden_states[t * plane + place]);
    for (int i = 1; i < Cell::states; ++i) {
      previous[i] = Operand::to_float(
          layer.other_states[((i - 1) * int64_t{layer.steps + 1} + t) * plane + place]);
    }
    if (begins) {
      for (Real& value : previous) value = 0.0f;
    }
    const bool given = !layer.last_only || t == layer.steps - 1;
    const int64_t row = layer.last_only ? 0 : t * plane;
    d_output = given ? Operand::to_float(layer.d_output[row + place]) : 0.0f;
  }

  // d_state: in, the gradient with respect to the state after the step, but for what comes from
  // above and through the next step's weight_hh (`recurrent`); out, before the step.
  __device__ void compute(float recurrent, Real (&d_state)[Cell::states],
                          Real (&d_sums)[Cell::sums]) const {
    d_state[0] = d_state[0] + (d_output + recurrent);
    Cell::backward(saved, previous, d_state, d_sums);
    if (begins) {
      for (Real& value : d_state) value = 0.0f;
    }
  }
};

}  // namespace charrnn::cuda
