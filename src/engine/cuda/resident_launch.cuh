// What a block and a thread of a resident kernel have to do, and how the kernels are started.
#pragma once

#include <algorithm>

#include "base/error.h"
#include "engine/cuda/device.h"
#include "engine/cuda/resident_plan.h"
#include "engine/cuda/resident_product.cuh"

namespace charrnn::cuda {

// A time and the turn of streams in it; the order in which a block takes them.
struct Moment {
  int t, turn;

  __device__ Moment next(int turns) const {
    return turn + 1 < turns ? Moment{t, turn + 1} : Moment{t + 1, 0};
  }
  __device__ Moment back(int turns) const {
    return turn + 1 < turns ? Moment{t, turn + 1} : Moment{t - 1, 0};
  }
};

// A thread's part: as one of a warp, of the product (stream `column_stream`); after the sums are
// added, one unit of one stream.
struct Share {
  int units;       // of the block
  int first_unit;  // of the block
  int turns;       // in which the group's streams are taken
  int end_stream;  // of the group
  bool has_unit;   // this thread computes a unit; the same for all lanes of a warp
  int unit;        // of the block, from 0
  int row_stream;  // of the turn, from 0
  int first_stream;

  __device__ Share(const ResidentPlan& plan, int block_units, int streams) {
    units = block_units;
    first_unit = blockIdx.x % plan.group_blocks * units;
    first_stream = blockIdx.x / plan.group_blocks * plan.group_streams;
    end_stream = min(first_stream + plan.group_streams, streams);
    turns = (end_stream - first_stream + kStreams - 1) / kStreams;
    has_unit = threadIdx.x < units * kStreams;
    unit = threadIdx.x % units;
    row_stream = threadIdx.x / units;
  }
  __device__ int stream(int turn) const { return first_stream + turn * kStreams + row_stream; }
  // A document begins then in the stream whose words this lane reads.
  template <class Layer>
  __device__ bool begins(const Layer& layer, Moment at) const {
    const int of_lane = column_stream(at.turn);
    return layer.resets && of_lane < end_stream &&
           layer.resets[static_cast<unsigned>(at.t * layer.streams + of_lane)];
  }
  __device__ int column_stream(int turn) const {
    return first_stream + turn * kStreams + threadIdx.x % 32 / 4;
  }
};

// How many turns a kernel is made for.
enum class Turns { kOne, kTwo, kMore };

// Calls action.template operator()<unit_tiles, stretches, Turns>() for the plan's shape.
template <int tiles_a_unit_tile, class Action>
void with_shape(const ResidentPlan& plan, const Action& action) {
  bool found = false;
  const auto attempt = [&]<int unit_tiles, int stretches>() {
    if constexpr (has_kernel(unit_tiles, tiles_a_unit_tile, stretches)) {
      if (plan.unit_tiles != unit_tiles || plan.stretches != stretches) return;
      found = true;
      if (plan.turns() == 1) {
        action.template operator()<unit_tiles, stretches, Turns::kOne>();
      } else if (plan.turns() == 2) {
        action.template operator()<unit_tiles, stretches, Turns::kTwo>();
      } else {
        action.template operator()<unit_tiles, stretches, Turns::kMore>();
      }
    }
  };
  [&]<int... i>(std::integer_sequence<int, i...>) {
    (attempt.template operator()<1, kStretchCounts[i]>(), ...);
    (attempt.template operator()<2, kStretchCounts[i]>(), ...);
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
  must(cudaFuncSetAttribute(entry, cudaFuncAttributeMaxDynamicSharedMemorySize,
                            static_cast<int>(bytes)),
       "asking for shared memory");
  void* arguments[] = {&layer, &plan};
  must(cudaLaunchCooperativeKernel(entry, dim3(plan.blocks()), dim3(kThreads), arguments, bytes,
                                   stream),
       "starting a layer");
}

}  // namespace charrnn::cuda
