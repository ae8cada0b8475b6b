#include "engine/cuda/kernels/cell_step.cuh"
#include "engine/cuda/kernels/inference_step.h"
#include "engine/cuda/memory/precision.cuh"
#include "engine/cuda/memory/threads.cuh"

namespace charrnn::cuda {
namespace {

constexpr int kStreamsAWarp = 8;

// 16 bytes of a row of weights, as floats.
template <class Stored>
struct Piece {
  static constexpr int size = 16 / sizeof(Stored);
  float values[size];

  __device__ explicit Piece(const Stored* from) {
    const uint4 bytes = *reinterpret_cast<const uint4*>(from);
    const auto* stored = reinterpret_cast<const Stored*>(&bytes);
#pragma unroll
    for (int i = 0; i < size; ++i) values[i] = OperandOf<Stored>::to_float(stored[i]);
  }
};

// sums[s] += this lane's share of row · columns[s], `columns` being streams' rows of `hidden`
// floats, rounded to operands as everywhere.
template <class Stored>
__device__ void add_dots(const Stored* row, const float* columns, int hidden, int first,
                         int streams, float (&sums)[kStreamsAWarp]) {
  constexpr int size = Piece<Stored>::size;
  const int lane = threadIdx.x % 32;
  for (int i = lane * size; i < hidden; i += 32 * size) {
    const Piece<Stored> weights(row + i);
#pragma unroll
    for (int s = 0; s < kStreamsAWarp; ++s) {
      if (first + s >= streams) break;
      const float* column = columns + int64_t{first + s} * hidden + i;
#pragma unroll
      for (int k = 0; k < size; ++k) {
        const float value = OperandOf<Stored>::to_float(OperandOf<Stored>::from_float(column[k]));
        sums[s] += weights.values[k] * value;
      }
    }
  }
}

// Lane s gets what all lanes have for stream s.
__device__ float gather(const float (&sums)[kStreamsAWarp]) {
  float mine = 0;
#pragma unroll
  for (int s = 0; s < kStreamsAWarp; ++s) {
    const float total = warp_sum(sums[s]);
    if (threadIdx.x % 32 == s) mine = total;
  }
  return mine;
}

template <class Stored, class Cell>
__global__ void advance_units(AdvanceLayer<Stored> layer) {
  using Operand = OperandOf<Stored>;
  const int unit = static_cast<int>(first_index() / 32);
  if (unit >= layer.hidden) return;
  const int first = blockIdx.y * kStreamsAWarp;
  const int of_stream = first + threadIdx.x % 32;
  const bool mine = threadIdx.x % 32 < kStreamsAWarp && of_stream < layer.streams;

  ForwardStep<Operand, Cell> step = {};
  float recurrent[Cell::gates];
#pragma unroll
  for (int block = 0; block < Cell::gates; ++block) {
    const int64_t row = (int64_t{block} * layer.hidden + unit) * layer.hidden;
    float sums[kStreamsAWarp] = {};
    add_dots(layer.recurrent_weights + row, layer.state.values, layer.hidden, first, layer.streams,
             sums);
    recurrent[block] = gather(sums);
    if (layer.table) {
      const int64_t column = int64_t{block} * layer.hidden + unit;
      const int64_t row_size = Cell::gates * layer.hidden;
      if (mine) step.inputs[block] = layer.table[layer.ids[of_stream] * row_size + column];
    } else {
      float input[kStreamsAWarp] = {};
      add_dots(layer.input_weights + row, layer.below, layer.hidden, first, layer.streams, input);
      step.inputs[block] = Operand::from_float(gather(input));
    }
  }
  if (!mine) return;
  ForwardLayer<Stored> biases;
  biases.hidden = layer.hidden;
  biases.input_bias = layer.input_bias;
  biases.recurrent_bias = layer.recurrent_bias;
  float bias[Cell::sums];
  read_bias<Cell>(biases, unit, bias);
  const int64_t plane = int64_t{layer.state.streams} * layer.hidden;
  const int64_t place = int64_t{of_stream} * layer.hidden + unit;
  Number<Operand::precise> state[Cell::states], saved[Cell::saved];
#pragma unroll
  for (int i = 0; i < Cell::states; ++i) state[i] = layer.state.values[i * plane + place];
  step.compute(recurrent, bias, state, saved);
#pragma unroll
  for (int i = 1; i < Cell::states; ++i) layer.state.values[i * plane + place] = state[i].value;
  float h = state[0].value;
  if (layer.held && layer.held[unit] == layer.held[unit]) h = layer.held[unit];
  layer.hidden_state[place] = h;
}

template <class Stored>
__global__ void score_characters(const Stored* weights, const float* bias,
                                 const float* hidden_state, int streams, int hidden, int vocabulary,
                                 float* logits) {
  const int row = static_cast<int>(first_index() / 32);
  if (row >= vocabulary) return;
  const int first = blockIdx.y * kStreamsAWarp;
  float sums[kStreamsAWarp] = {};
  add_dots(weights + int64_t{row} * hidden, hidden_state, hidden, first, streams, sums);
  const float sum = gather(sums);
  const int of_stream = first + threadIdx.x % 32;
  if (threadIdx.x % 32 < kStreamsAWarp && of_stream < streams) {
    logits[int64_t{of_stream} * vocabulary + row] = sum + bias[row];
  }
}

dim3 grid_for(int rows, int streams) {
  constexpr int kRows = kBlock / 32;
  return dim3((rows + kRows - 1) / kRows, (streams + kStreamsAWarp - 1) / kStreamsAWarp);
}

}  // namespace

template <class Stored>
void advance_layer(CellKind cell, const AdvanceLayer<Stored>& layer, cudaStream_t stream) {
  with_cell(cell, [&]<class Cell>() {
    advance_units<Stored, Cell>
        <<<grid_for(layer.hidden, layer.streams), kBlock, 0, stream>>>(layer);
  });
  check_cuda(cudaGetLastError(), "reading a character");
}

template <class Stored>
void advance_output(const Stored* weights, const float* bias, const float* hidden_state,
                    int streams, int hidden, int vocabulary, float* logits, cudaStream_t stream) {
  score_characters<<<grid_for(vocabulary, streams), kBlock, 0, stream>>>(
      weights, bias, hidden_state, streams, hidden, vocabulary, logits);
  check_cuda(cudaGetLastError(), "scoring characters");
}

template void advance_layer(CellKind, const AdvanceLayer<float>&, cudaStream_t);
template void advance_layer(CellKind, const AdvanceLayer<__nv_bfloat16>&, cudaStream_t);
template void advance_output(const float*, const float*, const float*, int, int, int, float*,
                             cudaStream_t);
template void advance_output(const __nv_bfloat16*, const float*, const float*, int, int, int,
                             float*, cudaStream_t);

}  // namespace charrnn::cuda
