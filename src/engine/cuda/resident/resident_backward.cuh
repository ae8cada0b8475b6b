// A layer backward through time, the transpose of its recurrent matrix on the chip.
#pragma once

#include "engine/cuda/kernels/cell_step.cuh"
#include "engine/cuda/resident/channel.cuh"

namespace charrnn::cuda {

// What a thread computes: one unit of one stream in each turn.
template <class Operand, class Cell>
class BackwardUnit {
 public:
  using Layer = BackwardLayer<typename Operand::Stored>;
  using Real = Number<Operand::precise>;

  // d_states: [turns][states][kThreads] floats, of which every thread has its own.
  __device__ BackwardUnit(const Layer& layer, const Share& share, float* d_states)
      : layer_(layer),
        share_(share),
        d_states_(d_states + threadIdx.x),
        unit_(share.first_unit + share.unit) {
    for (int i = 0; i < share.turns * Cell::states; ++i) d_states_[i * kThreads] = 0;
  }

  __device__ void read(TimeSlot at, BackwardStep<Operand, Cell>& step) const {
    if (at.t < 0 || !share_.has_unit(at.turn)) return;
    step.read(layer_, at.t, share_.stream(at.turn), unit_);
  }

  // One time. send is given each sum's gradient and its column.
  template <class Sums, class Send>
  __device__ void compute(TimeSlot now, const BackwardStep<Operand, Cell>& step,
                          const Sums& partial, int which, const Send& send) {
    constexpr auto columns = sum_columns<Cell>();
    const bool present = share_.has_unit(now.turn);
    Real d_state[Cell::states], d_sums[Cell::sums];
    if (present) {
      const bool last = now.t + 1 == layer_.steps;
      const float recurrent = last ? 0 : partial.total(which, 0);
#pragma unroll
      for (int i = 0; i < Cell::states; ++i) d_state[i] = carried(now.turn, i);
      step.compute(recurrent, d_state, d_sums);
#pragma unroll
      for (int i = 0; i < Cell::states; ++i) carried(now.turn, i) = d_state[i].value;
#pragma unroll
      for (int i = 0; i < Cell::sums; ++i) bias_[i] += d_sums[i].value;
    }
#pragma unroll
    for (int i = 0; i < Cell::sums; ++i) {
      send(columns[i] * layer_.hidden + unit_, d_sums[i].value, present);
    }
  }

  // Adds each sum's gradient over the streams that the block has threads for: the block's part of
  // the biases' gradients. shared: room for sums × kThreads floats.
  __device__ void write_bias_part(float* shared, float* part) const {
    constexpr auto columns = sum_columns<Cell>();
    __syncthreads();
#pragma unroll
    for (int i = 0; i < Cell::sums; ++i) shared[i * kThreads + threadIdx.x] = bias_[i];
    __syncthreads();
    if (threadIdx.x >= share_.units) return;
#pragma unroll
    for (int i = 0; i < Cell::sums; ++i) {
      float sum = 0;
      for (int stream = 0; stream < kStreams; ++stream) {
        sum += shared[i * kThreads + stream * share_.lanes + threadIdx.x];
      }
      part[int64_t{columns[i]} * layer_.hidden + unit_] = sum;
    }
  }

 private:
  __device__ float& carried(int turn, int i) const {
    return d_states_[(turn * Cell::states + i) * kThreads];
  }

  const Layer& layer_;
  const Share& share_;
  float* d_states_;
  int unit_;
  float bias_[Cell::sums] = {};
};

template <class Operand, class Cell, int unit_parts, int stretches, Turns turns>
__global__ void __launch_bounds__(kThreads, 1)
    backward_kernel(BackwardLayer<typename Operand::Stored> layer, ResidentPlan plan) {
  constexpr Shape shape = {unit_parts, 1, stretches, turns, Operand::word_values};
  const Share share(plan, unit_parts * kPartRows, layer.streams);
  const int depth = Cell::gates * layer.hidden;  // of the matrix
  const int row_size = Cell::sums * layer.hidden;
  extern __shared__ Fragment shared_fragments[];
  float* shared = reinterpret_cast<float*>(shared_fragments);
  ResidentRows<Operand, shape> rows(shared);
  shared += shape.shared_floats();
  const PartialSums<shape.parts()> partial(shared, share.row_stream, share.unit);
  float* const d_states = shared + all_sums(shape.parts());

  const Channel<Operand, stretches, turns> channel(
      {layer.d_sums, static_cast<unsigned>(row_size), row_size - depth, depth, layer.streams},
      share);
  BackwardUnit<Operand, Cell> unit(layer, share, d_states);
  rows.read(layer.recurrent_transposed, depth,
            [&](int part) { return share.first_unit + part * kPartRows; });

  TimeSlot now = {layer.steps - 1, 0};
  BackwardStep<Operand, Cell> step;
  unit.read(now, step);
  StreamWords<Operand, stretches> columns;
  for (int which = 0; now.t >= 0; which ^= 1) {
    const TimeSlot next = now.back(share.turns);
    BackwardStep<Operand, Cell> next_step;
    unit.read(next, next_step);

    // What comes back to this time was found at the time after it.
    auto* const row = channel.row(now);
    const TimeSlot after = {now.t + 1, now.turn}, after_next = {next.t + 1, next.turn};
    const bool more = next.t >= 0 && after_next.t < layer.steps;
    if (after.t < layer.steps) {
      WarpSums<Operand, shape> sums;
      channel.multiply(columns, layer, after, after_next, more, rows, sums);
      sums.write(partial, which);
      channel.ask_next(columns, after_next, more);
    } else if (more) {
      channel.ask(columns, after_next);
    }
    __syncthreads();
    if (share.has_lane) {
      unit.compute(now, step, partial, which, [&](int column, float value, bool present) {
        channel.send(row, column, value, present);
      });
    }
    now = next;
    step = next_step;
  }
  unit.write_bias_part(shared,
                       layer.d_bias_parts + int64_t{blockIdx.x / plan.group_blocks} * row_size);
}

template <class Operand, class Cell>
void run_backward(const BackwardLayer<typename Operand::Stored>& layer, const ResidentPlan& plan,
                  cudaStream_t stream) {
  with_shape<1, Operand::word_values>(plan, [&]<Shape shape>() {
    const size_t floats = std::max(all_sums(shape.parts()) + state_floats<Cell>(plan),
                                   size_t{Cell::sums} * kThreads);  // write_bias_part
    launch_resident(backward_kernel<Operand, Cell, shape.unit_parts, shape.stretches, shape.turns>,
                    layer, plan, shape.shared_floats() + floats, stream);
  });
}

}  // namespace charrnn::cuda
