#include "engine/cuda/memory/weights_layout.h"

#include <algorithm>

#include "engine/cuda/memory/sums.h"

namespace charrnn::cuda {
namespace {

// Units: two tiles of 16, and two steps of a bf16 product, 16 deep each. Others: 16 bytes of bf16,
// which the libraries' products want rows to begin at.
constexpr int kUnits = 32;
constexpr int kColumns = 8;

int padded(int size, int multiple) { return (size + multiple - 1) / multiple * multiple; }

int block_of(CellKind kind, int gate, bool recurrent) {
  return with_cell(kind, [&]<class Cell>() {
    return recurrent ? recurrent_block<Cell>(gate) : input_block<Cell>(gate);
  });
}

}  // namespace

WeightsLayout::WeightsLayout(const ModelConfig& model)
    : config(model),
      gates(cell_traits(model.cell).gates),
      sums(cell_traits(model.cell).sums),
      states(cell_traits(model.cell).states),
      saved(cell_traits(model.cell).saved),
      hidden(padded(model.hidden_size, kUnits)),
      embedding(padded(model.embedding_size, kColumns)),
      vocabulary(padded(model.vocabulary_size, kColumns)) {
  const auto place = [&](int rows, int columns) {
    const Matrix matrix = {size, rows, columns};
    size += matrix.size();
    return matrix;
  };
  embeddings = place(vocabulary, embedding);
  for (int layer = 0; layer < config.layers; ++layer) {
    input.push_back(place(gates * hidden, layer == 0 ? embedding : hidden));
    recurrent.push_back(place(gates * hidden, hidden));
  }
  output = place(vocabulary, hidden);
  matrices_end = size;
  for (int layer = 0; layer < config.layers; ++layer) {
    input_bias.push_back(place(1, gates * hidden));
    recurrent_bias.push_back(place(1, gates * hidden));
  }
  output_bias = place(1, vocabulary);
}

template <class Action>
void WeightsLayout::for_each_row(const Action& action) const {
  const auto rows = [&](int tensor, Matrix to, int first_row, int from_row, int count,
                        int columns) {
    for (int row = 0; row < count; ++row) {
      action(tensor, int64_t{from_row + row} * columns,
             to.begin + int64_t{first_row + row} * to.columns, columns);
    }
  };
  rows(0, embeddings, 0, 0, config.vocabulary_size, config.embedding_size);
  for (int layer = 0; layer < config.layers; ++layer) {
    const int units = config.hidden_size, first = 1 + 4 * layer;
    for (int gate = 0; gate < gates; ++gate) {
      const int of_input = block_of(config.cell, gate, false) * hidden;
      const int of_recurrent = block_of(config.cell, gate, true) * hidden;
      rows(first, input[layer], of_input, gate * units, units, config.input_size(layer));
      rows(first + 1, recurrent[layer], of_recurrent, gate * units, units, units);
      action(first + 2, int64_t{gate} * units, input_bias[layer].begin + of_input, units);
      action(first + 3, int64_t{gate} * units, recurrent_bias[layer].begin + of_recurrent, units);
    }
  }
  const int last = 1 + 4 * config.layers;
  rows(last, output, 0, 0, config.vocabulary_size, config.hidden_size);
  action(last + 1, int64_t{0}, output_bias.begin, config.vocabulary_size);
}

std::vector<float> WeightsLayout::pack(const Parameters& from) const {
  std::vector<float> block(size);
  if (from.empty()) return block;
  for_each_row([&](int tensor, int64_t begin, int64_t place, int count) {
    std::copy_n(&from.tensor(tensor)[begin], count, &block[place]);
  });
  return block;
}

void WeightsLayout::unpack(std::span<const float> from, Parameters& to) const {
  to = Parameters(config);
  for_each_row([&](int tensor, int64_t begin, int64_t place, int count) {
    std::copy_n(&from[place], count, &to.tensor(tensor)[begin]);
  });
}

}  // namespace charrnn::cuda
