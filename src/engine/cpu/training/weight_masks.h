// Dropout on weights, one mask for a whole optimizer step (engine.h: Dropout): which weights have
// masks, and the masks of a step on any array in the layout of the weights.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/cpu/memory/layout.h"

namespace charrnn::cpu {

class WeightMasks {
 public:
  WeightMasks(const Layout& layout, const Isa& isa) : layout_(layout), isa_(isa) {}

  // The masks of a step. Until the next one, and until clear().
  void draw(const Dropout& dropout);
  void clear() { recurrent_rate_ = embedding_rate_ = 0; }
  bool any() const { return recurrent_rate_ > 0 || embedding_rate_ > 0; }
  bool on_embedding() const { return embedding_rate_ > 0; }
  bool on(const MatrixLayout& linear) const { return recurrent_rate_ > 0 && layer_of(linear) >= 0; }

  // to = from with the mask, a panel of a matrix that has one. from and to: whole arrays in the
  // layout of the weights, which may be the same.
  void apply(const MatrixLayout& linear, int panel, const float* from, float* to) const;
  // The same for rows [first, last) of the embedding.
  void apply_to_embedding(int first, int last, const float* from, float* to) const;

 private:
  int layer_of(const MatrixLayout& linear) const;  // of a recurrent matrix; -1: another one

  const Layout& layout_;
  const Isa& isa_;
  float recurrent_rate_ = 0, embedding_rate_ = 0;
  std::vector<std::vector<uint64_t>> recurrent_keys_;  // of each layer [k][gates]
  std::vector<uint64_t> embedding_keys_;               // [vocabulary]
};

}  // namespace charrnn::cpu
