#include "engine/cuda/kernels/cell_step.cuh"
#include "engine/cuda/kernels/stepwise.h"
#include "engine/cuda/memory/precision.cuh"
#include "engine/cuda/memory/threads.cuh"

namespace charrnn::cuda {
namespace {

// The carried state becomes place 0 of what is kept.
template <class Operand, class Cell>
__global__ void begin(ForwardLayer<typename Operand::Stored> layer) {
  const int64_t plane = int64_t{layer.streams} * layer.hidden;
  const int64_t carried_plane = int64_t{layer.state.streams} * layer.hidden;
  for (int64_t i = first_index(); i < plane; i += index_stride()) {
    layer.hidden_states[i] = Operand::from_float(layer.state.values[i]);
    for (int kind = 1; kind < Cell::states && layer.other_states; ++kind) {
      other_state(layer, kind, 0)[i] =
          Operand::from_float(layer.state.values[kind * carried_plane + i]);
    }
  }
}

template <class Operand, class Cell>
__global__ void forward_step(ForwardLayer<typename Operand::Stored> layer, int t,
                             const float* sums) {
  const int64_t plane = int64_t{layer.streams} * layer.hidden;
  const int64_t carried_plane = int64_t{layer.state.streams} * layer.hidden;
  for (int64_t i = first_index(); i < plane; i += index_stride()) {
    const int of_stream = static_cast<int>(i / layer.hidden), unit = i % layer.hidden;
    ForwardStep<Operand, Cell> step;
    step.read(layer, step.input_row(layer, t, of_stream), t, of_stream, unit);
    float recurrent[Cell::gates], bias[Cell::sums];
#pragma unroll
    for (int block = 0; block < Cell::gates; ++block) {
      const int64_t row = int64_t{of_stream} * Cell::gates + block;
      recurrent[block] = step.begins ? 0 : sums[row * layer.hidden + unit];
    }
    read_bias<Cell>(layer, unit, bias);
    Number<Operand::precise> state[Cell::states], saved[Cell::saved];
#pragma unroll
    for (int kind = 0; kind < Cell::states; ++kind) {
      state[kind] = step.begins ? 0.0f : layer.state.values[kind * carried_plane + i];
    }
    step.compute(recurrent, bias, state, saved);
#pragma unroll
    for (int kind = 0; kind < Cell::states; ++kind) {
      layer.state.values[kind * carried_plane + i] = state[kind].value;
    }
    layer.hidden_states[(t + 1) * plane + i] = Operand::from_float(state[0].value);
    keep<Operand, Cell>(layer, t, of_stream, unit, state, saved);
  }
}

template <class Operand, class Cell>
__global__ void backward_step(BackwardLayer<typename Operand::Stored> layer, int t,
                              const float* sums, float* d_states) {
  constexpr auto columns = sum_columns<Cell>();
  const int64_t plane = int64_t{layer.streams} * layer.hidden;
  for (int64_t i = first_index(); i < plane; i += index_stride()) {
    const int of_stream = static_cast<int>(i / layer.hidden), unit = i % layer.hidden;
    BackwardStep<Operand, Cell> step;
    step.read(layer, t, of_stream, unit);
    const bool flows = t + 1 < layer.steps &&
                       !(layer.resets && layer.resets[int64_t{t + 1} * layer.streams + of_stream]);
    Number<Operand::precise> d_state[Cell::states], d_sums[Cell::sums];
#pragma unroll
    for (int kind = 0; kind < Cell::states; ++kind) d_state[kind] = d_states[kind * plane + i];
    step.compute(flows ? sums[i] : 0, d_state, d_sums);
#pragma unroll
    for (int kind = 0; kind < Cell::states; ++kind)
      d_states[kind * plane + i] = d_state[kind].value;
    const int64_t row = (int64_t{t} * layer.streams + of_stream) * Cell::sums;
#pragma unroll
    for (int sum = 0; sum < Cell::sums; ++sum) {
      layer.d_sums[(row + columns[sum]) * layer.hidden + unit] =
          Operand::from_float(d_sums[sum].value);
    }
  }
}

}  // namespace

template <class Stored>
void forward_stepwise(CellKind cell, const ForwardLayer<Stored>& layer,
                      const StepwiseScratch& scratch, Products& products, cudaStream_t stream) {
  const int64_t plane = int64_t{layer.streams} * layer.hidden;
  const int columns = cell_traits(cell).gates * layer.hidden;
  with_cell(cell, [&]<class Cell>() {
    begin<OperandOf<Stored>, Cell><<<blocks_for(plane), kBlock, 0, stream>>>(layer);
    for (int t = 0; t < layer.steps; ++t) {
      products.multiply(Factor<Stored>{layer.hidden_states + t * plane, layer.hidden},
                        Factor<Stored>{layer.recurrent, layer.hidden, true},
                        Product<float>{scratch.sums, columns}, layer.streams, columns,
                        layer.hidden);
      forward_step<OperandOf<Stored>, Cell>
          <<<blocks_for(plane), kBlock, 0, stream>>>(layer, t, scratch.sums);
    }
  });
  check_cuda(cudaGetLastError(), "reading a text");
}

template <class Stored>
void backward_stepwise(CellKind cell, const BackwardLayer<Stored>& layer,
                       const StepwiseScratch& scratch, Products& products, cudaStream_t stream) {
  const CellTraits& traits = cell_traits(cell);
  const int64_t plane = int64_t{layer.streams} * layer.hidden;
  const int64_t row = int64_t{traits.sums} * layer.hidden;
  const Stored* first_recurrent = layer.d_sums + int64_t{traits.sums - traits.gates} * layer.hidden;
  check_cuda(cudaMemsetAsync(scratch.d_states, 0, traits.states * plane * sizeof(float), stream),
             "clearing gradients");
  with_cell(cell, [&]<class Cell>() {
    for (int t = layer.steps - 1; t >= 0; --t) {
      if (t + 1 < layer.steps) {
        products.multiply(Factor<Stored>{first_recurrent + (t + 1) * layer.streams * row, row},
                          Factor<Stored>{layer.recurrent, layer.hidden},
                          Product<float>{scratch.sums, layer.hidden}, layer.streams, layer.hidden,
                          traits.gates * layer.hidden);
      }
      backward_step<OperandOf<Stored>, Cell>
          <<<blocks_for(plane), kBlock, 0, stream>>>(layer, t, scratch.sums, scratch.d_states);
    }
  });
  check_cuda(cudaGetLastError(), "going back through a text");
  sum_columns_in_parts(layer.d_sums, int64_t{layer.steps} * layer.streams, static_cast<int>(row),
                       layer.d_bias_parts, stream);
}

template void forward_stepwise(CellKind, const ForwardLayer<float>&, const StepwiseScratch&,
                               Products&, cudaStream_t);
template void forward_stepwise(CellKind, const ForwardLayer<__nv_bfloat16>&, const StepwiseScratch&,
                               Products&, cudaStream_t);
template void backward_stepwise(CellKind, const BackwardLayer<float>&, const StepwiseScratch&,
                                Products&, cudaStream_t);
template void backward_stepwise(CellKind, const BackwardLayer<__nv_bfloat16>&,
                                const StepwiseScratch&, Products&, cudaStream_t);

}  // namespace charrnn::cuda
