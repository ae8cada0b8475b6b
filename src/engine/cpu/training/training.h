// An optimizer step on the threads of a pool: its phases, with a barrier after each but the pass.
//
//   mask      only with dropout on weights: their masked copy, and the table made of it
//   pass      forward and backward through all times, a thread a slice of the batch
//   product   weight gradients: panels of the matrices, for each part of the batch whose passes
//             are done. The thread that is done first begins, and steals from the others in the
//             end: that makes up for a pass that takes longer on a core that others use, too
//   sum       the parts' sum, the embedding's gradient, the norm
//   update    clip, optimizer, packing, panel by panel
//   table     what the new weights make of each character: layer 0's input
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "base/thread_pool.h"
#include "engine/cpu/parallel/work_stealing.h"
#include "engine/cpu/training/bptt_pass.h"
#include "engine/cpu/training/gradients.h"

namespace charrnn::cpu {

// The optimizer's memory, in the layout of the weights.
struct Moments {
  HugeArray<float> first, second, ema;  // ema: empty until it is wanted
};

template <class S>
class Training {
 public:
  // parts: of each batch, a power of two; 0: by its streams.
  Training(Weights<S>& weights, Moments& moments, ThreadPool& pool, int parts);

  StepResult step(const Batch& batch, CpuState& state, const Update& update);
  // Without the update.
  double gradient(const Batch& batch, CpuState& state, float* values);

 private:
  void prepare(const Batch& batch, CpuState& state, const Dropout& dropout);
  void lay_out(const Batch& batch, const Dropout& dropout);
  void add_segment(const Batch& batch, const Dropout& dropout, int first, int count, int slices);
  // Calls action(floats of the state, the same in a segment, how many).
  template <class Action>
  void for_each_carried(CpuState& state, const Action& action);
  void drop_weights(int thread);
  void finish(CpuState& state);
  double mean_loss() const;
  void gradient_phases(int thread, const Batch& batch, const Dropout& dropout);
  UpdateFactors factors(const Update& update, double norm) const;
  void update_item(int item, const UpdateFactors& factors);
  void update_range(int64_t offset, int64_t count, bool decays, const UpdateFactors& factors);

  Weights<S>& weights_;
  Moments& moments_;
  ThreadPool& pool_;
  const int parts_;
  Gradients<S> gradients_;
  std::vector<std::unique_ptr<SavedActivations<S>>> segments_;
  int streams_ = 0;  // of the batch that they are for
  struct Slice {
    int segment;
    std::unique_ptr<BpttPass<S>> pass;
  };
  std::vector<Slice> slices_of_batch_;         // what slices_ divides
  std::vector<std::atomic<int>> slices_left_;  // slices of a segment whose pass is not done
  int table_items() const;
  void fill_table_rows(int item, const float* embedding);

  WorkStealingRanges slices_, products_, sums_, updates_, rows_;
  WorkStealingRanges drops_, dropped_rows_;  // with dropout on weights
  struct UpdateItem {
    int linear;  // -1: the embedding
    int panel;
  };
  std::vector<UpdateItem> update_items_;
  std::vector<UpdateItem> recurrent_items_;  // the panels that may have masks
};

}  // namespace charrnn::cpu
