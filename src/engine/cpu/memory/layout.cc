#include "engine/cpu/memory/layout.h"

#include <algorithm>

namespace charrnn::cpu {

CellShape cell_shape(CellKind kind) {
  return with_cell(kind, []<class Cell>() {
    return CellShape{Cell::gates,
                     Cell::sums,
                     Cell::states,
                     Cell::saved,
                     std::max(Cell::saved, Cell::sums),
                     Cell::input_sum,
                     Cell::recurrent_sum};
  });
}

int MatrixLayout::vectors_of(int panel) const {
  return std::min(panel_blocks, unit_blocks - panel * panel_blocks) * gates;
}

int64_t MatrixLayout::offset(int gate, int unit, int k) const {
  const int block = unit / lanes, panel = block / panel_blocks;
  const int vector = block % panel_blocks * gates + gate;
  return weights + panel * panel_stride() + (int64_t{k} * vectors_of(panel) + vector) * lanes +
         unit % lanes;
}

Layout::Layout(const ModelConfig& config_, int lanes_)
    : config(config_),
      cell(cell_shape(config_.cell)),
      lanes(lanes_),
      unit_blocks(ceil_div(config_.hidden_size, lanes_)),
      embedding_blocks(ceil_div(config_.embedding_size, lanes_)) {
  const auto reserve = [&](int64_t count) {
    const int64_t start = size;
    size += (count + 15) / 16 * 16;  // whole cache lines
    return start;
  };
  if (!config.one_hot) {
    embedding = reserve(int64_t{embedding_blocks} * config.vocabulary_size * lanes);
  }
  const auto add = [&](int inputs, int units, int gates, int blocks, int tensor, int bias_tensor) {
    MatrixLayout linear{.inputs = inputs,
                        .units = units,
                        .gates = gates,
                        .lanes = lanes,
                        .in_blocks = ceil_div(inputs, lanes),
                        .unit_blocks = ceil_div(units, lanes),
                        .panel_blocks = blocks,
                        .tensor = tensor,
                        .bias_tensor = bias_tensor};
    linear.weights = reserve(linear.size());
    linear.biases = reserve(int64_t{linear.vectors()} * lanes);
    matrices.push_back(linear);
  };
  const int gates = config.gates();
  const int blocks = gates >= 3 ? charrnn::cpu::panel_blocks(3) : charrnn::cpu::panel_blocks(1);
  for (int layer = 0; layer < config.layers; ++layer) {
    const int first = 1 + 4 * layer;
    add(config.input_size(layer), config.hidden_size, gates, blocks, first, first + 2);
    add(config.hidden_size, config.hidden_size, gates, blocks, first + 1, first + 3);
  }
  const int fc = 1 + 4 * config.layers;
  add(config.hidden_size, config.vocabulary_size, 1, kPlainPanelBlocks, fc, fc + 1);
}

template <class Action>
void Layout::for_each(const Parameters& parameters, const Action& action) const {
  const auto& tensors = parameters.layout();
  if (!config.one_hot) {
    int64_t there = tensors[0].offset;
    for (int symbol = 0; symbol < config.vocabulary_size; ++symbol) {
      for (int e = 0; e < config.embedding_size; ++e) {
        action(
            embedding + (int64_t{e / lanes} * config.vocabulary_size + symbol) * lanes + e % lanes,
            there++);
      }
    }
  }
  for (const MatrixLayout& linear : matrices) {
    int64_t there = tensors[linear.tensor].offset, bias = tensors[linear.bias_tensor].offset;
    for (int gate = 0; gate < linear.gates; ++gate) {
      for (int unit = 0; unit < linear.units; ++unit) {
        for (int k = 0; k < linear.inputs; ++k) action(linear.offset(gate, unit, k), there++);
        action(linear.bias_offset(gate, unit), bias++);
      }
    }
  }
}

void Layout::pack(const Parameters& from, float* to) const {
  std::fill(to, to + size, 0.0f);
  if (from.empty()) return;
  const std::span<const float> values = from.values();
  for_each(from, [&](int64_t here, int64_t there) { to[here] = values[there]; });
}

void Layout::unpack(const float* from, Parameters& to) const {
  if (to.empty() || !(to.config() == config)) to = Parameters(config);
  const std::span<float> values = to.values();
  for_each(to, [&](int64_t here, int64_t there) { values[there] = from[here]; });
}

}  // namespace charrnn::cpu
