// A layer forward through time, its recurrent matrix on the chip.
#pragma once

#include "engine/cuda/kernels/cell_step.cuh"
#include "engine/cuda/resident/channel.cuh"

namespace charrnn::cuda {

// What a thread computes: one unit of one stream in each turn.
template <class Operand, class Cell>
class ForwardUnit {
 public:
  using Layer = ForwardLayer<typename Operand::Stored>;
  using Real = Number<Operand::precise>;

  // states: [turns][states][kThreads] floats, of which every thread has its own.
  __device__ ForwardUnit(const Layer& layer, const Share& share, float* states)
      : layer_(layer),
        share_(share),
        states_(states + threadIdx.x),
        unit_(share.first_unit + share.unit),
        carried_plane_(int64_t{layer.state.streams} * layer.hidden) {
    if (share.has_unit()) read_bias<Cell>(layer, unit_, bias_);
  }

  // Takes the carried state over; returns h.
  __device__ float begin(int turn) const {
    const int64_t place = int64_t{share_.stream(turn)} * layer_.hidden + unit_;
#pragma unroll
    for (int i = 0; i < Cell::states; ++i) {
      const float value =
          share_.has_unit(turn) ? layer_.state.values[i * carried_plane_ + place] : 0;
      state(turn, i) = value;
      if (i > 0 && share_.has_unit(turn) && layer_.other_states) {
        other_state(layer_, i, share_.stream(turn))[unit_] = Operand::from_float(value);
      }
    }
    return state(turn, 0);
  }

  // One time. partial: all sums; keeps what backward needs after `send` was given the new h.
  template <class Sums, class Send>
  __device__ void compute(TimeSlot now, const ForwardStep<Operand, Cell>& step, const Sums& partial,
                          int which, const Send& send) const {
    const bool present = share_.has_unit(now.turn);
    Real values[Cell::states], saved[Cell::saved];
    if (present) {
      float recurrent[Cell::gates];
#pragma unroll
      for (int block = 0; block < Cell::gates; ++block) {
        recurrent[block] = partial.total(which, block * share_.units);
      }
#pragma unroll
      for (int i = 0; i < Cell::states; ++i) values[i] = step.begins ? 0.0f : state(now.turn, i);
      step.compute(recurrent, bias_, values, saved);
#pragma unroll
      for (int i = 0; i < Cell::states; ++i) state(now.turn, i) = values[i].value;
    }
    send(unit_, values[0].value, present);
    if (present) {
      keep<Operand, Cell>(layer_, now.t, share_.stream(now.turn), unit_, values, saved);
    }
  }

  // Leaves the state to be carried on.
  __device__ void end(int turn) const {
    if (!share_.has_unit(turn)) return;
    const int64_t place = int64_t{share_.stream(turn)} * layer_.hidden + unit_;
#pragma unroll
    for (int i = 0; i < Cell::states; ++i) {
      layer_.state.values[i * carried_plane_ + place] = state(turn, i);
    }
  }

  // What the next but one moment will read, and what the next one does read.
  __device__ unsigned input_row(TimeSlot at) const {
    if (at.t >= layer_.steps || !share_.has_unit(at.turn)) return 0;
    return ForwardStep<Operand, Cell>::input_row(layer_, at.t, share_.stream(at.turn));
  }
  __device__ void read(TimeSlot at, unsigned row, ForwardStep<Operand, Cell>& step) const {
    if (at.t >= layer_.steps || !share_.has_unit(at.turn)) return;
    step.read(layer_, row, at.t, share_.stream(at.turn), unit_);
  }

 private:
  __device__ float& state(int turn, int i) const {
    return states_[(turn * Cell::states + i) * kThreads];
  }

  const Layer& layer_;
  const Share& share_;
  float* states_;
  int unit_;
  int64_t carried_plane_;
  float bias_[Cell::sums] = {};
};

// For each time and each turn of kStreams streams: wait for the state before, multiply, add up, and
// compute one unit of one stream a thread.
template <class Operand, class Cell, int unit_parts, int stretches, Turns turns>
__global__ void __launch_bounds__(kThreads, 1)
    forward_kernel(ForwardLayer<typename Operand::Stored> layer, ResidentPlan plan) {
  constexpr Shape shape = {unit_parts, Cell::gates, stretches, turns, Operand::word_values};
  constexpr int parts = shape.parts();
  const Share share(plan, unit_parts * kPartRows, layer.streams);
  extern __shared__ Fragment shared_fragments[];
  float* shared = reinterpret_cast<float*>(shared_fragments);
  ResidentRows<Operand, shape> rows(shared);
  shared += shape.shared_floats();
  const PartialSums<parts> partial(shared, share.row_stream, share.unit);
  float* const states = shared + all_sums(parts);

  const Channel<Operand, stretches, turns> channel(
      {layer.hidden_states, static_cast<unsigned>(layer.hidden), 0, layer.hidden, layer.streams},
      share);
  const ForwardUnit<Operand, Cell> unit(layer, share, states);
  for (int turn = 0; turn < share.turns; ++turn) {
    const float value = unit.begin(turn);
    if (!share.has_lane) continue;
    channel.send(channel.row({0, turn}), share.first_unit + share.unit, value,
                 share.has_unit(turn));
  }
  rows.read(layer.recurrent, layer.hidden, [&](int part) {
    return part / unit_parts * layer.hidden + share.first_unit + part % unit_parts * kPartRows;
  });

  TimeSlot now = {0, 0};
  ForwardStep<Operand, Cell> step;
  unit.read(now, unit.input_row(now), step);
  unsigned next_row = unit.input_row(now.next(share.turns));
  StreamWords<Operand, stretches> columns;
  channel.ask(columns, now);
  for (int which = 0; now.t < layer.steps; which ^= 1) {
    const TimeSlot next = now.next(share.turns);
    ForwardStep<Operand, Cell> next_step;
    unit.read(next, next_row, next_step);
    next_row = unit.input_row(next.next(share.turns));

    const TimeSlot sent = {now.t + 1, now.turn};
    auto* const row = channel.row(sent);

    WarpSums<Operand, shape> sums;
    channel.multiply(columns, layer, now, next, next.t < layer.steps, rows, sums);
    sums.write(partial, which);
    channel.ask_next(columns, next, next.t < layer.steps);
    __syncthreads();
    if (share.has_lane) {
      unit.compute(now, step, partial, which, [&](int column, float value, bool present) {
        channel.send(row, column, value, present);
      });
    }
    now = next;
    step = next_step;
  }
  for (int turn = 0; turn < share.turns; ++turn) unit.end(turn);
}

template <class Operand, class Cell>
void run_forward(const ForwardLayer<typename Operand::Stored>& layer, const ResidentPlan& plan,
                 cudaStream_t stream) {
  with_shape<Cell::gates, Operand::word_values>(plan, [&]<Shape shape>() {
    const size_t floats =
        shape.shared_floats() + all_sums(shape.parts()) + state_floats<Cell>(plan);
    launch_resident(forward_kernel<Operand, Cell, shape.unit_parts, shape.stretches, shape.turns>,
                    layer, plan, floats, stream);
  });
}

}  // namespace charrnn::cuda
