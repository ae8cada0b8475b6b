// A network's parameters as the kernels want them: panels, planes and padded vectors, end to end in
// one block, so that the optimizer may run through weights, moments and gradients side by side.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/engine.h"
#include "engine/vector/aligned_floats.h"
#include "engine/vector/kernels.h"

namespace charrnn {

// A matrix as panels: `in_blocks` planes in, `blocks` unit blocks of `gates` columns each out.
struct PanelShape {
  int in_blocks = 0;
  int blocks = 0;
  int gates = 1;
  int panel_blocks = 1;
  int width = 0;

  int64_t size() const { return int64_t{in_blocks} * width * blocks * gates * width; }
  int panels() const { return blocks / panel_blocks + blocks % panel_blocks; }
  int first_block(int panel) const;
  int blocks_of(int panel) const;
  // Where the value of input k and unit `unit` of gate `gate` stands.
  int64_t index(int k, int gate, int unit) const;
  // Where a panel begins.
  int64_t panel_begin(int panel) const;
};

struct PackedLayer {
  PanelShape ih, hh;
  int64_t weight_ih = 0, weight_hh = 0;  // offsets in the block
  int64_t bias_ih = 0, bias_hh = 0;      // [blocks][gates][width]
};

// A part of the block that the optimizer treats alike.
struct PackedRun {
  int64_t begin = 0;
  int64_t size = 0;
  bool decays = false;
  bool sharded = false;  // its gradient comes in shards
};

struct PackedModel {
  PackedModel(const ModelConfig& config, const Kernels& kernels);

  ModelConfig config;
  int width = 0;
  int blocks = 0;  // unit planes of a layer
  int embedding_blocks = 0;
  int vocabulary_blocks = 0;
  std::vector<PackedLayer> layers;
  PanelShape fc;
  int64_t fc_weight = 0, fc_bias = 0;
  int64_t embedding = 0;  // planes, rows are symbols
  int64_t size = 0;       // floats of the whole block
  std::vector<PackedRun> runs;

  // padding: what the scores' bias is beyond the vocabulary (weights: -1e30, so that no probability
  // goes there).
  void pack(const Parameters& from, float padding, float* to) const;
  void unpack(const float* from, Parameters& to) const;

 private:
  template <class Visit>
  void for_each(const Visit& visit) const;
};

}  // namespace charrnn
