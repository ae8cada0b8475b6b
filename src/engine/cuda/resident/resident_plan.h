// How the work of a layer through time is shared between the GPU's multiprocessors.
//
// A group of blocks, one on each multiprocessor, holds the whole recurrent matrix in its registers
// and shared memory: each block the rows of `unit_parts` parts of 8 units. Streams are shared
// between as many groups as fit, so that groups never wait for each other. The kernels exist for a
// handful of register shapes; where a matrix is too large for all of them, stepwise.h does the
// work.
#pragma once

#include <optional>
#include <vector>

#include "engine/cuda/memory/device.h"
#include "engine/cuda/memory/weights_layout.h"
#include "engine/cuda/resident/resident_sizes.h"

namespace charrnn::cuda {

struct ResidentPlan {
  int unit_parts = 2;    // eight units each
  int stretches = 1;     // of the depth, each warp's (resident_product.cuh)
  int group_blocks = 1;  // blocks of a group
  int groups = 1;
  int group_streams = 1;  // of each group; the last may have fewer

  constexpr int blocks() const { return group_blocks * groups; }
  constexpr int turns() const { return (group_streams + kStreams - 1) / kStreams; }
};

// The product that a layer does at every time.
struct ResidentWork {
  int hidden = 0;
  int depth = 0;              // columns of the matrix
  int parts_a_unit_part = 1;  // of rows, for 8 units: forward the gates, backward one
  int word_values = 1;        // of the operands
  int streams = 0;
};

// The plans that fit this GPU, those with the most units a block first.
std::vector<ResidentPlan> resident_plans(const ResidentWork& work, const DeviceSize& device);
// The one of them that should be fastest; none where none fits.
std::optional<ResidentPlan> plan_resident(const ResidentWork& work, const DeviceSize& device);

// Times that a block takes kStreams streams in turn. With more, going step by step is faster:
// products of many streams suit the library, and float32's less than bf16's, because it does them
// without the matrix units.
constexpr int max_turns(int word_values) { return word_values == 2 ? 4 : 8; }

}  // namespace charrnn::cuda
