// A layer forward through time, its recurrent matrix resident in registers.
#pragma once

#include "engine/cuda/cell_step.cuh"
#include "engine/cuda/resident_launch.cuh"
#include "engine/cuda/resident_product.cuh"

namespace charrnn::cuda {

// For each time and each turn of kStreams streams: wait for the state before, multiply, add up, and
// compute one unit of one stream a thread.
template <class Operand, class Cell, int unit_tiles, int stretches>
__global__ void __launch_bounds__(kThreads, 1)
    forward_kernel(ForwardLayer<typename Operand::Stored> layer, ResidentPlan plan) {
  using Real = Number<Operand::precise>;
  constexpr int tiles = unit_tiles * Cell::gates;
  constexpr int units = unit_tiles * kTileRows;
  const Share share(plan, units, layer.streams);
  const int unit = share.first_unit + share.unit;

  extern __shared__ float shared[];
  // Two take turns.
  const auto partial = [&](int which) {
    return PartialSums<tiles>{shared + which * PartialSums<tiles>::size};
  };
  // [turns][states][threads]: each thread's own
  float* states = shared + 2 * PartialSums<tiles>::size + threadIdx.x;

  const int64_t plane = int64_t{layer.streams} * layer.hidden;
  const int64_t carried_plane = int64_t{layer.state.streams} * layer.hidden;
  for (int turn = 0; turn < share.turns; ++turn) {
    const int stream = share.stream(turn);
    const bool present = share.has_unit && stream < share.end_stream;
    const int64_t place = int64_t{stream} * layer.hidden + unit;
#pragma unroll
    for (int i = 0; i < Cell::states; ++i) {
      const float value = present ? layer.state.values[i * carried_plane + place] : 0;
      states[(turn * Cell::states + i) * kThreads] = value;
      if (i == 0) {
        publish<Operand>(layer.hidden_states + place - unit, unit, value, present);
      } else if (present && layer.other_states) {
        layer.other_states[(i - 1) * int64_t{layer.steps + 1} * plane + place] =
            Operand::from_float(value);
      }
    }
  }
  ResidentRows<Operand, tiles, stretches> rows;
  rows.read(layer.recurrent, layer.hidden, [&](int tile) {
    return tile % Cell::gates * layer.hidden + share.first_unit + tile / Cell::gates * kTileRows;
  });
  float bias[Cell::sums];
  read_bias<Cell>(layer, unit, bias);

  int buffer = 0;
  for (int t = 0; t < layer.steps; ++t) {
    for (int turn = 0; turn < share.turns; ++turn, buffer ^= 1) {
      const int stream = share.stream(turn);
      const bool present = share.has_unit && stream < share.end_stream;
      ForwardStep<Operand, Cell> step;
      if (present) step.read(layer, t, stream, unit);

      const int column = share.column_stream(turn);
      const int64_t column_place = int64_t{t} * layer.streams + column;
      const bool wanted =
          column < share.end_stream && !(layer.resets && layer.resets[column_place]);
      StreamWords<Operand, stretches> columns;
      columns.await(layer.hidden_states + column_place * layer.hidden, layer.hidden, wanted);
      multiply(rows, columns, partial(buffer));
      __syncthreads();

      if (!share.has_unit) continue;
      Real state[Cell::states], saved[Cell::saved];
      if (present) {
        float recurrent[Cell::gates];
#pragma unroll
        for (int block = 0; block < Cell::gates; ++block) {
          recurrent[block] = partial(buffer).total(share.unit / kTileRows * Cell::gates + block,
                                                   share.row_stream, share.unit % kTileRows);
        }
#pragma unroll
        for (int i = 0; i < Cell::states; ++i) {
          state[i] = step.begins ? 0.0f : states[(turn * Cell::states + i) * kThreads];
        }
        step.compute(recurrent, bias, state, saved);
#pragma unroll
        for (int i = 0; i < Cell::states; ++i) {
          states[(turn * Cell::states + i) * kThreads] = state[i].value;
        }
      }
      publish<Operand>(layer.hidden_states + (t + 1) * plane + int64_t{stream} * layer.hidden, unit,
                       state[0].value, present);
      if (present) keep<Operand, Cell>(layer, t, stream, unit, state, saved);
    }
  }

  for (int turn = 0; turn < share.turns; ++turn) {
    const int stream = share.stream(turn);
    if (!share.has_unit || stream >= share.end_stream) continue;
#pragma unroll
    for (int i = 0; i < Cell::states; ++i) {
      layer.state.values[i * carried_plane + int64_t{stream} * layer.hidden + unit] =
          states[(turn * Cell::states + i) * kThreads];
    }
  }
}

template <class Operand, class Cell>
void run_forward(const ForwardLayer<typename Operand::Stored>& layer, const ResidentPlan& plan,
                 cudaStream_t stream) {
  const size_t words = (int64_t{layer.steps} + 1) * layer.streams * layer.hidden;
  must(cudaMemsetAsync(layer.hidden_states, 0xff, words * sizeof(typename Operand::Stored), stream),
       "clearing states");
  with_shape<Cell::gates>(plan, [&]<int unit_tiles, int stretches>() {
    const size_t shared =
        2 * PartialSums<unit_tiles * Cell::gates>::size + state_floats<Cell>(plan);
    launch_resident(forward_kernel<Operand, Cell, unit_tiles, stretches>, layer, plan, shared,
                    stream);
  });
}

}  // namespace charrnn::cuda
