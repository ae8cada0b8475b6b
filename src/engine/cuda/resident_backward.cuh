// A layer backward through time, the transpose of its recurrent matrix resident in registers.
#pragma once

#include "engine/cuda/cell_step.cuh"
#include "engine/cuda/resident_launch.cuh"
#include "engine/cuda/resident_product.cuh"

namespace charrnn::cuda {

// Adds what each thread has of `sums` over the kStreams streams that its unit has threads for, and
// writes it as the block's part. shared: room for sums × kThreads floats.
template <class Cell>
__device__ void write_bias_part(const Share& share, int units, const float (&sums)[Cell::sums],
                                float* shared, float* part, int hidden) {
  constexpr auto columns = sum_columns<Cell>();
  __syncthreads();
#pragma unroll
  for (int i = 0; i < Cell::sums; ++i) shared[i * kThreads + threadIdx.x] = sums[i];
  __syncthreads();
  if (threadIdx.x >= units) return;
#pragma unroll
  for (int i = 0; i < Cell::sums; ++i) {
    float sum = 0;
    for (int stream = 0; stream < kStreams; ++stream) {
      sum += shared[i * kThreads + stream * units + threadIdx.x];
    }
    part[int64_t{columns[i]} * hidden + share.first_unit + threadIdx.x] = sum;
  }
}

template <class Operand, class Cell, int unit_tiles, int stretches>
__global__ void __launch_bounds__(kThreads, 1)
    backward_kernel(BackwardLayer<typename Operand::Stored> layer, ResidentPlan plan) {
  using Real = Number<Operand::precise>;
  constexpr auto columns_of = sum_columns<Cell>();
  constexpr int units = unit_tiles * kTileRows;
  const Share share(plan, units, layer.streams);
  const int unit = share.first_unit + share.unit;
  const int depth = Cell::gates * layer.hidden;        // of the matrix
  const int64_t row_size = Cell::sums * layer.hidden;  // of d_sums
  const int first_recurrent = (Cell::sums - Cell::gates) * layer.hidden;

  extern __shared__ float shared[];
  // Two take turns.
  const auto partial = [&](int which) {
    return PartialSums<unit_tiles>{shared + which * PartialSums<unit_tiles>::size};
  };
  float* d_states = shared + 2 * PartialSums<unit_tiles>::size + threadIdx.x;
  for (int i = 0; i < share.turns * Cell::states; ++i) d_states[i * kThreads] = 0;

  ResidentRows<Operand, unit_tiles, stretches> rows;
  rows.read(layer.recurrent_transposed, depth,
            [&](int tile) { return share.first_unit + tile * kTileRows; });
  float bias[Cell::sums] = {};

  int buffer = 0;
  for (int t = layer.steps - 1; t >= 0; --t) {
    const bool has_next = t + 1 < layer.steps;
    for (int turn = 0; turn < share.turns; ++turn, buffer ^= 1) {
      const int stream = share.stream(turn);
      const bool present = share.has_unit && stream < share.end_stream;
      BackwardStep<Operand, Cell> step;
      if (present) step.read(layer, t, stream, unit);

      if (has_next) {
        const int column = share.column_stream(turn);
        const int64_t column_place = int64_t{t + 1} * layer.streams + column;
        const bool wanted =
            column < share.end_stream && !(layer.resets && layer.resets[column_place]);
        StreamWords<Operand, stretches> columns;
        columns.await(layer.d_sums + column_place * row_size + first_recurrent, depth, wanted);
        multiply(rows, columns, partial(buffer));
      }
      __syncthreads();

      if (!share.has_unit) continue;
      Real d_state[Cell::states], d_sums[Cell::sums];
      if (present) {
        const float recurrent =
            has_next ? partial(buffer).total(share.unit / kTileRows, share.row_stream,
                                             share.unit % kTileRows)
                     : 0;
#pragma unroll
        for (int i = 0; i < Cell::states; ++i) {
          d_state[i] = d_states[(turn * Cell::states + i) * kThreads];
        }
        step.compute(recurrent, d_state, d_sums);
#pragma unroll
        for (int i = 0; i < Cell::states; ++i) {
          d_states[(turn * Cell::states + i) * kThreads] = d_state[i].value;
        }
#pragma unroll
        for (int i = 0; i < Cell::sums; ++i) bias[i] += d_sums[i].value;
      }
      auto* row = layer.d_sums + (int64_t{t} * layer.streams + stream) * row_size;
#pragma unroll
      for (int i = 0; i < Cell::sums; ++i) {
        publish<Operand>(row + int64_t{columns_of[i]} * layer.hidden, unit, d_sums[i].value,
                         present);
      }
    }
  }
  write_bias_part<Cell>(share, units, bias, shared,
                        layer.d_bias_parts + blockIdx.x / plan.group_blocks * row_size,
                        layer.hidden);
}

template <class Operand, class Cell>
void run_backward(const BackwardLayer<typename Operand::Stored>& layer, const ResidentPlan& plan,
                  cudaStream_t stream) {
  const size_t words = int64_t{layer.steps} * layer.streams * Cell::sums * layer.hidden;
  must(cudaMemsetAsync(layer.d_sums, 0xff, words * sizeof(typename Operand::Stored), stream),
       "clearing gradients");
  with_shape<1>(plan, [&]<int unit_tiles, int stretches>() {
    const size_t floats = 2 * PartialSums<unit_tiles>::size + state_floats<Cell>(plan);
    const size_t shared = std::max(floats, size_t{Cell::sums} * kThreads);
    launch_resident(backward_kernel<Operand, Cell, unit_tiles, stretches>, layer, plan, shared,
                    stream);
  });
}

}  // namespace charrnn::cuda
