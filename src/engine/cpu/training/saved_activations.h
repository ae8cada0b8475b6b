// What the passes of a training step save of a segment, some streams at all times, for backward and
// the weight gradients. Allocated once for a shape of batch, which has one or two segments. These
// lie apart in memory, so that a core's prefetcher takes no lines away from a core that works on
// the other segment (0.5 us a line between distant cores).
#pragma once

#include <vector>

#include "engine/cpu/memory/cpu_state.h"
#include "engine/cpu/training/weights.h"

namespace charrnn::cpu {

template <class S>
struct SavedActivations {
  // Of the batch's streams [first, first + count).
  SavedActivations(const Layout& layout, int group, const Batch& batch, int first, int count,
                   const Dropout& dropout);
  // Whether the arrays fit a batch of this shape, the number of streams aside.
  bool fits(const Batch& batch, const Dropout& dropout) const;

  // Distance, in values, from block to block.
  int64_t block_stride(int slots) const { return int64_t{rows} * slots * lanes; }

  int steps;
  int first_stream, streams;  // of the batch
  Objective objective;
  bool masks_between,
      masks_output;  // whether layers' outputs have masks: all but the last, the last
  bool with_resets;
  int lanes;
  int rows;        // streams, rounded up to the group
  int loss_times;  // steps, or 1 where only the last one is predicted

  struct Layer {
    HugeArray<S> gates;     // [times][block][rows][slots][W]
    HugeArray<S> hidden;    // [times + 1][block][rows][W]; the first is the carried state
    HugeArray<S> masked;    // [times][block][rows][W]: h after dropout; empty where it has none
    HugeArray<S> previous;  // the same: h before each time, where streams are reset; else empty
    HugeArray<float> cell;  // [times + 1][states - 1][block][rows][W]
  };
  std::vector<Layer> layers;
  HugeArray<S> d_logits;          // saved layout [loss times][block][rows][W]
  HugeArray<S> d_logits_operand;  // operand [loss times][block][rows][W]
  HugeArray<float> loss;          // [loss times][rows]
  std::vector<int32_t> inputs;    // [times][rows]
  HugeArray<float> state;         // [layers][states][rows][units]: becomes the next carried state

  int64_t gates_time_stride, hidden_time_stride, cell_time_stride, logits_time_stride;
};

}  // namespace charrnn::cpu
