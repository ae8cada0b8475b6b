#include "engine/cpu/inference/reading_weights.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

namespace charrnn::cpu {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;

// Where a matrix's values stand: those of one output are k_stride apart.
struct Source {
  std::span<const float> values;
  int outputs = 0;  // of a gate
  int inputs = 0;
  size_t output_stride = 0;
  size_t k_stride = 0;
};

// One gate of one panel, k in [begin, end): `to` is the panel's.
template <class Value, class Convert>
void pack_gate(const PanelShape& shape, const Source& from, int gate, int first_output, int begin,
               int end, Value* to, Convert convert) {
  const int units = std::min(shape.units, from.outputs - first_output);
  for (int unit = 0; unit < units; ++unit) {
    const size_t output = static_cast<size_t>(gate) * from.outputs + first_output + unit;
    const float* source = from.values.data() + output * from.output_stride;
    Value* place = to + (static_cast<size_t>(gate) * shape.units + unit) * shape.group;
    for (int k = begin; k < end; ++k) {
      place[k / shape.group * shape.step_values() + k % shape.group] =
          convert(source[k * from.k_stride]);
    }
  }
}

// Writes one matrix's values at their places of each panel, `offset` values from its beginning: a
// few k at a time, so that what is written to lies in the nearest cache.
template <class Value, class Convert>
void pack_part(const ReadingMatrix& to, size_t offset, const Source& from, Convert convert) {
  constexpr int kBlock = 16;
  const PanelShape& shape = to.shape;
  for (int panel = 0; panel < to.panels; ++panel) {
    Value* values = to.values.as<Value>() + offset + panel * to.panel_values;
    for (int k = 0; k < from.inputs; k += kBlock) {
      const int end = std::min(k + kBlock, from.inputs);
      for (int gate = 0; gate < shape.gates; ++gate) {
        pack_gate(shape, from, gate, panel * shape.units, k, end, values, convert);
      }
    }
  }
}

void pack_part(const ReadingMatrix& to, size_t offset, std::span<const float> values, int outputs,
               int inputs, bool transposed) {
  const Source from = {values, outputs, inputs, transposed ? 1 : static_cast<size_t>(inputs),
                       transposed ? static_cast<size_t>(outputs) * to.shape.gates : 1};
  if (to.shape.group == 1) {
    pack_part<float>(to, offset, from, [](float x) { return x; });
  } else {
    pack_part<uint16_t>(to, offset, from, to_bfloat16);
  }
}

// Adds values [blocks][outputs] to the sums that the blocks go to, in one row of starts.
void add_to_starts(const PanelShape& shape, int outputs, std::span<const float> values,
                   const int* sum_of, float* starts) {
  for (int block = 0; block < shape.gates; ++block) {
    for (int output = 0; output < outputs; ++output) {
      starts[output / shape.units * shape.start_values() + sum_of[block] * shape.units +
             output % shape.units] += values[static_cast<size_t>(block) * outputs + output];
    }
  }
}

// Row `id` of the table: embedding[id] times weight_ih, transposed so that the loop over gates and
// units is innermost.
std::vector<float> table_row(std::span<const float> transposed, std::span<const float> embedded) {
  const size_t width = transposed.size() / embedded.size();
  std::vector<float> sums(width);
  for (size_t k = 0; k < embedded.size(); ++k) {
    if (embedded[k] == 0) continue;  // most of a one-hot row
    const float* row = transposed.data() + k * width;
    for (size_t i = 0; i < width; ++i) sums[i] += embedded[k] * row[i];
  }
  return sums;
}

std::vector<float> transpose(std::span<const float> matrix, size_t columns) {
  const size_t rows = matrix.size() / columns;
  std::vector<float> result(matrix.size());
  for (size_t i = 0; i < rows; ++i) {
    for (size_t k = 0; k < columns; ++k) result[k * rows + i] = matrix[i * columns + k];
  }
  return result;
}

struct SumsOf {
  const int* input;
  const int* recurrent;
};

SumsOf sums_of(CellKind cell) {
  return with_cell(cell, []<class Cell>() { return SumsOf{Cell::input_sum, Cell::recurrent_sum}; });
}

ReadingLayer pack_layer(const Parameters& parameters, int layer, const PanelShape& shape) {
  const ModelConfig& config = parameters.config();
  const int hidden = config.hidden_size;
  const SumsOf sums = sums_of(config.cell);
  const bool first = layer == 0;
  ReadingLayer packed;
  packed.matrix =
      pack_matrix(shape, hidden, first ? std::span<const float>() : parameters.weight_ih(layer),
                  first ? 0 : hidden, parameters.weight_hh(layer), hidden);
  packed.start_stride = packed.matrix.panels * shape.start_values();
  const int rows = first ? config.vocabulary_size : 1;
  packed.starts = Memory(rows * packed.start_stride * sizeof(float));
  std::vector<float> weight_ih;
  if (first) weight_ih = transpose(parameters.weight_ih(0), config.embedding_size);
  for (int row = 0; row < rows; ++row) {
    float* starts = packed.starts.as<float>() + row * packed.start_stride;
    add_to_starts(shape, hidden, parameters.bias_ih(layer), sums.input, starts);
    add_to_starts(shape, hidden, parameters.bias_hh(layer), sums.recurrent, starts);
    if (!first) continue;
    const size_t width = static_cast<size_t>(config.embedding_size);
    const auto embedded = parameters.embedding().subspan(row * width, width);
    add_to_starts(shape, hidden, table_row(weight_ih, embedded), sums.input, starts);
  }
  return packed;
}

ReadingLayer pack_output(const Parameters& parameters, const PanelShape& shape) {
  const ModelConfig& config = parameters.config();
  ReadingLayer packed;
  packed.matrix =
      pack_matrix(shape, config.vocabulary_size, parameters.fc_weight(), config.hidden_size, {}, 0);
  packed.start_stride = packed.matrix.panels * shape.start_values();
  packed.starts = Memory(packed.start_stride * sizeof(float));
  float* starts = packed.starts.as<float>();
  // Beyond the vocabulary: the exponential is 0, and below every logit.
  std::fill_n(starts, packed.start_stride, -std::numeric_limits<float>::infinity());
  std::memcpy(starts, parameters.fc_bias().data(), parameters.fc_bias().size_bytes());
  return packed;
}

}  // namespace

Memory::Memory(size_t bytes) {
  const size_t unit = bytes >= kHugePage ? kHugePage : 64;
  const size_t rounded = (bytes + unit - 1) / unit * unit + (bytes == 0 ? unit : 0);
  void* memory = std::aligned_alloc(unit, rounded);
  if (!memory) throw std::bad_alloc();
  if (unit == kHugePage) madvise(memory, rounded, MADV_HUGEPAGE);
  std::memset(memory, 0, rounded);
  bytes_.reset(static_cast<std::byte*>(memory));
}

void Memory::Free::operator()(std::byte* bytes) const { std::free(bytes); }

uint16_t to_bfloat16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<uint16_t>(bits >> 16 | 0x40u);  // NaN
  return static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

ReadingMatrix pack_matrix(const PanelShape& shape, int outputs, std::span<const float> input,
                          int inputs, std::span<const float> hidden, int hidden_inputs,
                          bool transposed) {
  ReadingMatrix matrix;
  matrix.shape = shape;
  matrix.panels = shape.panels(outputs);
  matrix.input_steps = shape.steps(inputs);
  matrix.hidden_steps = shape.steps(hidden_inputs);
  const size_t input_values = matrix.input_steps * shape.step_values();
  matrix.panel_values = input_values + matrix.hidden_steps * shape.step_values();
  matrix.values = Memory(matrix.bytes());
  pack_part(matrix, 0, input, outputs, inputs, transposed);
  pack_part(matrix, input_values, hidden, outputs, hidden_inputs, transposed);
  return matrix;
}

ReadingWeights::ReadingWeights(const Parameters& parameters, const ReadingKernels& kernels) {
  const ModelConfig& config = parameters.config();
  const PanelShape& shape = kernels.cells[static_cast<int>(config.cell)].shape;
  for (int layer = 0; layer < config.layers; ++layer) {
    layers.push_back(pack_layer(parameters, layer, shape));
  }
  output = pack_output(parameters, kernels.linear.shape);
}

size_t ReadingWeights::bytes() const {
  size_t sum = output.matrix.bytes();
  for (const ReadingLayer& layer : layers) sum += layer.matrix.bytes();
  return sum;
}

}  // namespace charrnn::cpu
