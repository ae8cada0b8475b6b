// What a training step keeps of all times of some streams between its phases: records for backward
// and the weight gradients. Allocated once for a shape of batch, which has one or two of them, its
// segments: apart in memory, so that a core that fetches ahead of what it reads takes no lines away
// from the one that works on the other segment (that costs 0.5 us a line on far cores).
#pragma once

#include <vector>

#include "engine/cpu/memory/cpu_state.h"
#include "engine/cpu/training/weights.h"

namespace charrnn::cpu {

template <class S>
struct Records {
  // Of the batch's streams [first, first + count).
  Records(const Layout& layout, int group, const Batch& batch, int first, int count,
          const Dropout& dropout);
  // Whether these are of a batch of this shape; says nothing of the streams.
  bool fits(const Batch& batch, const Dropout& dropout) const;

  // Places, in values, from block to block and from time to time.
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
  HugeArray<S> d_logits;          // record [loss times][block][rows][W]
  HugeArray<S> d_logits_operand;  // operand [loss times][block][rows][W]
  HugeArray<float> loss;          // [loss times][rows]
  std::vector<int32_t> inputs;    // [times][rows]
  HugeArray<float> state;         // [layers][states][rows][units]: becomes the next carried state

  int64_t gates_time_stride, hidden_time_stride, cell_time_stride, logits_time_stride;
};

}  // namespace charrnn::cpu
