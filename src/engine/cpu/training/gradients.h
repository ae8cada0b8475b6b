// The gradient of all weights, from the saved activations of a batch's segments. Each part of the
// batch has a sum of its own, and these are added in a tree whatever the number of threads: so the
// result does not depend on it, and with two threads each works on what it wrote itself.
#pragma once

#include <vector>

#include "engine/cpu/training/batch_parts.h"
#include "engine/cpu/training/saved_activations.h"

namespace charrnn::cpu {

template <class S>
class Gradients {
 public:
  Gradients(const Weights<S>& weights, int threads);

  // A part of the batch: rows of a segment.
  struct Part {
    int segment;
    int first_row, rows;
  };
  // Of the next batches. additions: of the parts' sums. Not while threads run.
  void set_parts(std::vector<Part> parts, std::vector<PartAddition> additions);
  // Phase 1: items over parts and panels. saved: complete, of the item's segment.
  int product_items() const { return static_cast<int>(parts_.size()) * items_in_part_; }
  int segment_of(int item) const { return parts_[item / items_in_part_].segment; }
  void product(const SavedActivations<S>& saved, int item);
  // Phase 2, when all of phase 1 is done: sums the parts, finishes layer 0 and the embedding.
  int sum_items() const { return linear_items_ + embedding_items_; }
  void sum(int item);
  // The square of the whole gradient's norm, when all of phase 2 is done.
  double squared_norm() const;

  const float* values() const { return sums_[0].data(); }  // as Layout has the weights

 private:
  struct Panel {
    int linear;
    int panel;
  };
  struct Panels {
    int linear;
    int first, last;
  };
  GradientVector gradient_vector(const MatrixLayout& linear, int panel, int vector,
                                 float* block) const;
  void recurrent_and_table(const SavedActivations<S>& saved, int part, Panels item,
                           std::vector<GradientVector>& vectors, WeightGradient<S>& gradient);
  double sum_panel(Panel item);
  void input_panel(int panel);
  double embedding_rows(int first, int last);
  void sum_tables(int64_t offset, int64_t count, float* sum) const;
  int64_t table_block() const {
    return int64_t{layout_.config.vocabulary_size} * layout_.cell.sums * layout_.lanes;
  }

  const Weights<S>& weights_;
  const Layout& layout_;
  std::vector<Panel> panels_;     // of all matrices but layer 0's input
  std::vector<Panels> products_;  // the same, several at once
  int items_in_part_, linear_items_, embedding_items_;
  std::vector<Part> parts_;
  std::vector<PartAddition> additions_;
  std::vector<HugeArray<float>> sums_;    // of each part; the first becomes the whole gradient
  std::vector<HugeArray<float>> tables_;  // [block][symbol][sums][W], of each part
  HugeArray<float> table_;                // their sum
  std::vector<double> squares_;           // by item of phase 2
};

}  // namespace charrnn::cpu
