// What a block and a thread of a resident kernel have to do, and how the kernels are started.
#pragma once

#include <algorithm>

#include "base/error.h"
#include "engine/cuda/memory/device.h"
#include "engine/cuda/resident/resident_plan.h"
#include "engine/cuda/resident/resident_product.cuh"

namespace charrnn::cuda {

// One slot of a block's schedule: a time, and the turn of streams in it.
struct TimeSlot {
  int t, turn;

  __device__ TimeSlot next(int turns) const {
    return turn + 1 < turns ? TimeSlot{t, turn + 1} : TimeSlot{t + 1, 0};
  }
  __device__ TimeSlot back(int turns) const {
    return turn + 1 < turns ? TimeSlot{t, turn + 1} : TimeSlot{t - 1, 0};
  }
};

// A thread's part: as one of a warp, of the product (stream `column_stream`); after the sums are
// added, one unit of one stream.
struct Share {
  int units;       // of the block, a multiple of kPartRows
  int lanes;       // that a stream has, units or more: whole warps, or half a one
  int first_unit;  // of the block
  int turns;       // in which the group's streams are taken
  int end_stream;  // of the group
  bool has_lane;   // this thread may compute a unit; the same for all lanes of a warp
  int unit;        // of the block, from 0; there may be none
  int row_stream;  // of the turn, from 0
  int first_stream;

  __device__ Share(const ResidentPlan& plan, int block_units, int streams) {
    units = block_units;
    first_unit = blockIdx.x % plan.group_blocks * units;
    first_stream = blockIdx.x / plan.group_blocks * plan.group_streams;
    end_stream = min(first_stream + plan.group_streams, streams);
    lanes = units <= 16 ? 16 : 32;
    turns = (end_stream - first_stream + kStreams - 1) / kStreams;
    has_lane = threadIdx.x < lanes * kStreams;
    unit = threadIdx.x % lanes;
    row_stream = threadIdx.x / lanes;
  }
  // This thread computes a unit: in a turn, if there is such a stream.
  __device__ bool has_unit() const { return has_lane && unit < units; }
  __device__ bool has_unit(int turn) const { return has_unit() && stream(turn) < end_stream; }
  __device__ int stream(int turn) const { return first_stream + turn * kStreams + row_stream; }
  // A document begins then in the stream whose words this lane reads.
  template <class Layer>
  __device__ bool begins(const Layer& layer, TimeSlot at) const {
    const int of_lane = column_stream(at.turn);
    return layer.resets && of_lane < end_stream &&
           layer.resets[static_cast<unsigned>(at.t * layer.streams + of_lane)];
  }
  __device__ int column_stream(int turn) const {
    return first_stream + turn * kStreams + threadIdx.x % 32 / 4;
  }
};

// Calls action.template operator()<Shape>() for the plan's.
template <int parts_a_unit_part, int word_values, class Action>
void with_shape(const ResidentPlan& plan, const Action& action) {
  bool found = false;
  const auto attempt = [&]<int unit_parts, int stretches>() {
    const auto of_turns = [&]<Turns turns>() {
      constexpr Shape shape = {unit_parts, parts_a_unit_part, stretches, turns, word_values};
      if constexpr (has_kernel(shape)) {
        if (plan.unit_parts != unit_parts || plan.stretches != stretches) return;
        if (turns_of(plan.turns()) != turns) return;
        found = true;
        action.template operator()<shape>();
      }
    };
    of_turns.template operator()<Turns::kOne>();
    of_turns.template operator()<Turns::kTwo>();
    of_turns.template operator()<Turns::kMore>();
  };
  [&]<int... i>(std::integer_sequence<int, i...>) {
    (attempt.template operator()<2, kStretchCounts[i]>(), ...);
    (attempt.template operator()<3, kStretchCounts[i]>(), ...);
    (attempt.template operator()<4, kStretchCounts[i]>(), ...);
  }
  (std::make_integer_sequence<int, std::size(kStretchCounts)>());
  check(found, "a plan has a shape that there are kernels for");
}

// Floats of shared memory for the states that threads carry.
template <class Cell>
size_t state_floats(const ResidentPlan& plan) {
  return size_t{Cell::states} * plan.turns() * kThreads;
}

// Starts a kernel whose blocks wait for each other: the runtime sees that all of them run at once.
template <class Layer>
void launch_resident(void (*kernel)(Layer, ResidentPlan), Layer layer, ResidentPlan plan,
                     size_t shared_floats, cudaStream_t stream) {
  const size_t bytes = shared_floats * sizeof(float);
  const auto* entry = reinterpret_cast<const void*>(kernel);
  check_cuda(cudaFuncSetAttribute(entry, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                  static_cast<int>(bytes)),
             "asking for shared memory");
  void* arguments[] = {&layer, &plan};
  check_cuda(cudaLaunchCooperativeKernel(entry, dim3(plan.blocks()), dim3(kThreads), arguments,
                                         bytes, stream),
             "starting a layer");
}

}  // namespace charrnn::cuda
