#include "engine/vector/packed_model.h"

#include <algorithm>

namespace charrnn {
namespace {

int planes_of(int units, int width) { return (units + width - 1) / width; }

}  // namespace

int PanelShape::first_block(int panel) const {
  const int whole = blocks / panel_blocks;
  return panel < whole ? panel * panel_blocks : whole * panel_blocks + panel - whole;
}

int PanelShape::blocks_of(int panel) const {
  return panel < blocks / panel_blocks ? panel_blocks : 1;
}

int64_t PanelShape::panel_begin(int panel) const {
  return int64_t{first_block(panel)} * gates * width * in_blocks * width;
}

int64_t PanelShape::index(int k, int gate, int unit) const {
  const int block = unit / width;
  const int whole = blocks / panel_blocks * panel_blocks;
  const int first = block < whole ? block / panel_blocks * panel_blocks : block;
  const int64_t columns = int64_t{block < whole ? panel_blocks : 1} * gates * width;
  return int64_t{first} * gates * width * in_blocks * width + k * columns +
         (int64_t{block - first} * gates + gate) * width + unit % width;
}

PackedModel::PackedModel(const ModelConfig& model, const Kernels& kernels)
    : config(model),
      width(kernels.width),
      blocks(planes_of(model.hidden_size, kernels.width)),
      embedding_blocks(planes_of(model.embedding_size, kernels.width)),
      vocabulary_blocks(planes_of(model.vocabulary_size, kernels.width)) {
  const CellKernels& cell = kernels.cells[static_cast<int>(config.cell)];
  const auto take = [this](int64_t count, bool decays, bool sharded) {
    const int64_t begin = size;
    size += count;
    runs.push_back({begin, count, decays, sharded});
    return begin;
  };
  const int64_t biases = int64_t{blocks} * config.gates() * width;
  for (int l = 0; l < config.layers; ++l) {
    PackedLayer layer;
    layer.ih = {l == 0 ? embedding_blocks : blocks, blocks, config.gates(), cell.panel_blocks,
                width};
    layer.hh = {blocks, blocks, config.gates(), cell.panel_blocks, width};
    layer.weight_ih = take(layer.ih.size(), true, l > 0);
    layer.weight_hh = take(layer.hh.size(), true, true);
    layer.bias_ih = take(biases, false, false);
    layer.bias_hh = take(biases, false, false);
    layers.push_back(layer);
  }
  fc = {blocks, vocabulary_blocks, 1, kernels.product_panel_blocks, width};
  fc_weight = take(fc.size(), true, true);
  fc_bias = take(int64_t{vocabulary_blocks} * width, false, true);
  embedding = take(int64_t{embedding_blocks} * config.vocabulary_size * width, true, false);
}

// visit(tensor of the layout, index in the tensor, index in the block) for every value.
template <class Visit>
void PackedModel::for_each(const Visit& visit) const {
  const int hidden = config.hidden_size;
  for (int v = 0; v < config.vocabulary_size; ++v) {
    for (int e = 0; e < config.embedding_size; ++e) {
      visit(0, int64_t{v} * config.embedding_size + e,
            embedding + (int64_t{e / width} * config.vocabulary_size + v) * width + e % width);
    }
  }
  for (int l = 0; l < config.layers; ++l) {
    const PackedLayer& layer = layers[l];
    for (int row = 0; row < config.gates() * hidden; ++row) {
      const int gate = row / hidden, unit = row % hidden;
      for (int k = 0; k < config.input_size(l); ++k) {
        visit(1 + 4 * l, int64_t{row} * config.input_size(l) + k,
              layer.weight_ih + layer.ih.index(k, gate, unit));
      }
      for (int k = 0; k < hidden; ++k) {
        visit(2 + 4 * l, int64_t{row} * hidden + k,
              layer.weight_hh + layer.hh.index(k, gate, unit));
      }
      const int64_t bias = (int64_t{unit / width} * config.gates() + gate) * width + unit % width;
      visit(3 + 4 * l, row, layer.bias_ih + bias);
      visit(4 + 4 * l, row, layer.bias_hh + bias);
    }
  }
  for (int v = 0; v < config.vocabulary_size; ++v) {
    for (int k = 0; k < hidden; ++k) {
      visit(1 + 4 * config.layers, int64_t{v} * hidden + k, fc_weight + fc.index(k, 0, v));
    }
    visit(2 + 4 * config.layers, v, fc_bias + v);
  }
}

void PackedModel::pack(const Parameters& from, float padding, float* to) const {
  std::fill(to, to + size, 0.0f);
  std::fill(to + fc_bias + config.vocabulary_size,
            to + fc_bias + int64_t{vocabulary_blocks} * width, padding);
  std::vector<std::span<const float>> tensors;
  for (int i = 0; i < static_cast<int>(from.layout().size()); ++i)
    tensors.push_back(from.tensor(i));
  for_each([&](int tensor, int64_t i, int64_t packed) { to[packed] = tensors[tensor][i]; });
}

void PackedModel::unpack(const float* from, Parameters& to) const {
  to = Parameters(config);
  std::vector<std::span<float>> tensors;
  for (int i = 0; i < static_cast<int>(to.layout().size()); ++i) tensors.push_back(to.tensor(i));
  for_each([&](int tensor, int64_t i, int64_t packed) { tensors[tensor][i] = from[packed]; });
}

}  // namespace charrnn
