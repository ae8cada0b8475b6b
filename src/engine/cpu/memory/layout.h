// The layout of the network's numbers in training's own array: padded to whole vectors, the gates
// of a unit side by side, in panels (panel_shape.h). Weights, gradients and the optimizer's moments
// all have this layout.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/cpu/kernels/kernels.h"
#include "model/config.h"

namespace charrnn::cpu {

constexpr int ceil_div(int a, int b) { return (a + b - 1) / b; }

// What the host must know of a cell beside its traits.
struct CellShape {
  int gates, sums, states, saved;
  int slots;  // of a unit: forward's saved values, then the gradients of its sums in their place
  const int* input_sum;
  const int* recurrent_sum;
};
CellShape cell_shape(CellKind kind);

// A matrix of `gates` blocks of `units` rows and `inputs` columns, with a bias.
struct MatrixLayout {
  int inputs = 0, units = 0, gates = 1;
  int lanes = 0, in_blocks = 0, unit_blocks = 0, panel_blocks = 0;
  int64_t weights = 0, biases = 0;  // places in the block: [panel][k][vectors][W], [vector][W]
  int tensor = 0;                   // of weight_ih, weight_hh or fc.weight in model/parameters.h
  int bias_tensor = 0;

  int vectors() const { return unit_blocks * gates; }
  int panel_vectors() const { return panel_blocks * gates; }
  int panels() const { return ceil_div(unit_blocks, panel_blocks); }
  int vectors_of(int panel) const;  // the last panel may be narrower
  int64_t panel_stride() const { return int64_t{in_blocks} * lanes * panel_vectors() * lanes; }
  int64_t size() const { return int64_t{in_blocks} * lanes * vectors() * lanes; }
  // The value that row `gate * units + unit`, column k of PyTorch's matrix has here.
  int64_t offset(int gate, int unit, int k) const;
  int64_t bias_offset(int gate, int unit) const {
    return biases + (unit / lanes * gates + gate) * lanes + unit % lanes;
  }
};

struct Layout {
  Layout(const ModelConfig& config, int lanes);

  ModelConfig config;
  CellShape cell;
  int lanes;
  int unit_blocks;        // of a layer
  int64_t embedding = 0;  // [block of the embedding][vocabulary][W]
  int embedding_blocks;
  std::vector<MatrixLayout> matrices;  // ih 0, hh 0, ih 1, …, fc
  int64_t size = 0;                    // floats

  const MatrixLayout& input(int layer) const { return matrices[2 * layer]; }
  const MatrixLayout& recurrent(int layer) const { return matrices[2 * layer + 1]; }
  const MatrixLayout& output() const { return matrices.back(); }
  int vocabulary_blocks() const { return ceil_div(config.vocabulary_size, lanes); }

  // Copies between PyTorch's shapes and this layout.
  void pack(const Parameters& from, float* to) const;
  void unpack(const float* from, Parameters& to) const;

 private:
  // Calls action(offset here, offset in the block of Parameters) for each number.
  template <class Action>
  void for_each(const Parameters& parameters, const Action& action) const;
};

}  // namespace charrnn::cpu
