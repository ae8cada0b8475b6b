// One unit of one stream at one time: the cell's formulas between the arrays of recurrence.h.
#pragma once

#include "engine/cuda/memory/operand.cuh"
#include "engine/cuda/memory/recurrence.h"
#include "engine/cuda/memory/sums.h"

namespace charrnn::cuda {

// The place of a time and stream among the rows of an array. All such places are below 2^31.
template <class Layer>
__device__ unsigned row_at(const Layer& layer, int t, int stream) {
  return static_cast<unsigned>(t * layer.streams + stream);
}

// The row of state `kind`, not 0, before the time and stream of place `row`.
template <class Layer>
__device__ auto* other_state(const Layer& layer, int kind, uint64_t row) {
  const uint64_t rows = uint64_t{static_cast<unsigned>(kind - 1)} *
                        static_cast<unsigned>((layer.steps + 1) * layer.streams);
  return layer.other_states + (rows + row) * static_cast<unsigned>(layer.hidden);
}

// What one unit needs beside the recurrent sums. It is read as it lies in memory a time ahead, so
// that nothing waits for it.
template <class Operand, class Cell>
struct ForwardStep {
  using Real = Number<Operand::precise>;
  using Stored = typename Operand::Stored;
  Stored inputs[Cell::gates];
  bool begins;

  // The row of `inputs`, or of `table`, that holds the input's share.
  __device__ static unsigned input_row(const ForwardLayer<Stored>& layer, int t, int stream) {
    const unsigned place = row_at(layer, t, stream);
    return layer.table ? layer.ids[place] : place;
  }
  __device__ void read(const ForwardLayer<Stored>& layer, unsigned row, int t, int stream,
                       int unit) {
    begins = layer.resets && layer.resets[row_at(layer, t, stream)];
    const unsigned row_size = Cell::gates * layer.hidden;
    const Stored* values = (layer.table ? layer.table : layer.inputs) + unit;
    values += uint64_t{row} * row_size;
#pragma unroll
    for (int block = 0; block < Cell::gates; ++block) {
      inputs[block] = values[static_cast<unsigned>(block * layer.hidden)];
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
  const uint64_t row = row_at(layer, t, stream);
  const unsigned hidden = layer.hidden;
  if (layer.saved) {
    auto* to = layer.saved + unit + row * (Cell::saved * hidden);
#pragma unroll
    for (int i = 0; i < Cell::saved; ++i) to[i * hidden] = Operand::from_float(saved[i].value);
  }
  if (!layer.other_states) return;
#pragma unroll
  for (int i = 1; i < Cell::states; ++i) {
    other_state(layer, i, row + layer.streams)[unit] = Operand::from_float(state[i].value);
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
    const uint64_t row = row_at(layer, t, stream);
    const unsigned hidden = layer.hidden;
    begins = layer.resets && layer.resets[row];
    const Stored* from = layer.saved + unit + row * (Cell::saved * hidden);
#pragma unroll
    for (int i = 0; i < Cell::saved; ++i) saved[i] = from[i * hidden];
    previous[0] = layer.hidden_states[unit + row * hidden];
#pragma unroll
    for (int i = 1; i < Cell::states; ++i) previous[i] = other_state(layer, i, row)[unit];
    const bool given = !layer.last_only || t == layer.steps - 1;
    const uint64_t given_row = layer.last_only ? stream : row;
    d_output = given ? layer.d_output[unit + given_row * hidden] : Operand::from_float(0);
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
