// The network's weights in every form that the kernels read, and what turns the float32 master into
// those forms. S is the type of the operands.
#pragma once

#include <utility>
#include <vector>

#include "engine/cpu/memory/huge_array.h"
#include "engine/cpu/memory/layout.h"
#include "engine/cpu/training/weight_masks.h"

namespace charrnn::cpu {

template <class S>
class Weights {
 public:
  Weights(const ModelConfig& config, const Isa& isa);

  const Layout& layout() const { return layout_; }
  const Isa& isa() const { return isa_; }
  const Kernels<S>& kernels() const { return *kernels_of<S>(isa_); }

  float* master() { return master_.data(); }
  const float* master() const { return master_.data(); }
  // Another block of numbers in the layout becomes the master, and the master that block.
  void exchange_master(HugeArray<float>& other) {
    std::swap(master_, other);
    pack_all();
  }

  // Panels for forward; null for layer 0's input, which is a table.
  const S* forward(const MatrixLayout& linear) const;
  // Panels of the transposed matrix, kPlainPanelBlocks blocks of k wide.
  const S* transposed(const MatrixLayout& linear) const { return &transposed_[linear.weights]; }
  // The transposed input matrix of layer 0, in floats: the embedding's gradient needs it.
  const float* transposed_input() const { return transposed_input_.data(); }
  // What the sums of a layer above the first begin with: both biases, [block][sums][W].
  const float* start(int layer) const { return &starts_[layer * sums_size_]; }
  // What the sums of layer 0 begin with for a symbol: its row of W_ih E plus the biases.
  const float* table() const { return table_.data(); }
  int64_t table_stride() const { return table_stride_; }

  // Forms of one panel's input blocks [first, last), from the master.
  void pack(const MatrixLayout& linear, int panel, int first_block, int last_block) {
    pack_from(master_.data(), linear, panel, first_block, last_block);
  }
  // Rows [first, last) of the table, of an embedding in the master's layout.
  void fill_table(int first, int last, const float* embedding);
  void fill_starts();
  void pack_all();

  // Dropout on weights. After begin_dropout, drop() makes a panel's forms from a masked copy of the
  // master, and drop_embedding_rows that of the embedding; fill_table follows the embedding.
  // Afterwards every panel must be packed from the master again.
  void begin_dropout(const Dropout& dropout);
  void end_dropout() { masks_.clear(); }
  const WeightMasks& masks() const { return masks_; }
  void drop(const MatrixLayout& linear, int panel);
  void drop_embedding_rows(int first, int last);
  // The embedding that the table is made of.
  const float* embedding() const;

 private:
  void pack_from(const float* weights, const MatrixLayout& linear, int panel, int first_block,
                 int last_block);

  Layout layout_;
  const Isa& isa_;
  WeightMasks masks_;
  HugeArray<float> master_;
  HugeArray<float> dropped_;  // the master under the masks; empty until they are asked for
  HugeArray<S> forward_;      // empty where floats are the operands: the master has their layout
  HugeArray<S> transposed_;
  HugeArray<float> transposed_input_;
  HugeArray<float> table_;
  std::vector<float> starts_;
  int64_t sums_size_;
  int64_t table_stride_;
};

}  // namespace charrnn::cpu
