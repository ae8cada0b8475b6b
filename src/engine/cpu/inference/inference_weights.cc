#include "engine/cpu/inference/inference_weights.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "engine/cpu/kernels/operand_types.h"

namespace charrnn::cpu {
namespace {

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
    Value* out = to + (static_cast<size_t>(gate) * shape.units + unit) * shape.group;
    for (int k = begin; k < end; ++k) {
      out[k / shape.group * shape.step_values() + k % shape.group] =
          convert(source[k * from.k_stride]);
    }
  }
}

// Writes one matrix's values at their places of each panel, `offset` values from its beginning: a
// few k at a time, so that what is written to lies in the nearest cache.
template <class Value, class Convert>
void pack_part(PackedMatrix& to, size_t offset, const Source& from, Convert convert) {
  constexpr int kBlock = 16;
  const PanelShape& shape = to.shape;
  for (int panel = 0; panel < to.panels; ++panel) {
    Value* values = reinterpret_cast<Value*>(to.values.data()) + offset + panel * to.panel_values;
    for (int k = 0; k < from.inputs; k += kBlock) {
      const int end = std::min(k + kBlock, from.inputs);
      for (int gate = 0; gate < shape.gates; ++gate) {
        pack_gate(shape, from, gate, panel * shape.units, k, end, values, convert);
      }
    }
  }
}

void pack_part(PackedMatrix& to, size_t offset, std::span<const float> values, int outputs,
               int inputs, bool transposed) {
  const Source from = {values, outputs, inputs, transposed ? 1 : static_cast<size_t>(inputs),
                       transposed ? static_cast<size_t>(outputs) * to.shape.gates : 1};
  if (to.shape.group == 1) {
    pack_part<float>(to, offset, from, [](float x) { return x; });
  } else {
    struct Scalar;
    pack_part<Bf16>(to, offset, from, to_bf16<Scalar>);
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

InferenceLayer pack_layer(const Parameters& parameters, int layer, const PanelShape& shape) {
  const ModelConfig& config = parameters.config();
  const int hidden = config.hidden_size;
  const SumsOf sums = sums_of(config.cell);
  const bool first = layer == 0;
  InferenceLayer packed;
  packed.matrix =
      pack_matrix(shape, hidden, first ? std::span<const float>() : parameters.weight_ih(layer),
                  first ? 0 : hidden, parameters.weight_hh(layer), hidden);
  packed.start_stride = packed.matrix.panels * shape.start_values();
  const int rows = first ? config.vocabulary_size : 1;
  packed.starts = HugeArray<float>(static_cast<int64_t>(rows * packed.start_stride));
  std::vector<float> weight_ih;
  if (first) weight_ih = transpose(parameters.weight_ih(0), config.embedding_size);
  for (int row = 0; row < rows; ++row) {
    float* starts = packed.starts.data() + row * packed.start_stride;
    add_to_starts(shape, hidden, parameters.bias_ih(layer), sums.input, starts);
    add_to_starts(shape, hidden, parameters.bias_hh(layer), sums.recurrent, starts);
    if (!first) continue;
    const size_t width = static_cast<size_t>(config.embedding_size);
    const auto embedded = parameters.embedding().subspan(row * width, width);
    add_to_starts(shape, hidden, table_row(weight_ih, embedded), sums.input, starts);
  }
  return packed;
}

InferenceLayer pack_output(const Parameters& parameters, const PanelShape& shape) {
  const ModelConfig& config = parameters.config();
  InferenceLayer packed;
  packed.matrix =
      pack_matrix(shape, config.vocabulary_size, parameters.fc_weight(), config.hidden_size, {}, 0);
  packed.start_stride = packed.matrix.panels * shape.start_values();
  packed.starts = HugeArray<float>(static_cast<int64_t>(packed.start_stride));
  float* starts = packed.starts.data();
  // Beyond the vocabulary: the exponential is 0, and below every logit.
  std::fill_n(starts, packed.start_stride, -std::numeric_limits<float>::infinity());
  std::memcpy(starts, parameters.fc_bias().data(), parameters.fc_bias().size_bytes());
  return packed;
}

}  // namespace

PackedMatrix pack_matrix(const PanelShape& shape, int outputs, std::span<const float> input,
                         int inputs, std::span<const float> hidden, int hidden_inputs,
                         bool transposed) {
  PackedMatrix matrix;
  matrix.shape = shape;
  matrix.panels = shape.panels(outputs);
  matrix.input_steps = shape.steps(inputs);
  matrix.hidden_steps = shape.steps(hidden_inputs);
  const size_t input_values = matrix.input_steps * shape.step_values();
  matrix.panel_values = input_values + matrix.hidden_steps * shape.step_values();
  matrix.values = HugeArray<std::byte>(static_cast<int64_t>(matrix.bytes()));
  pack_part(matrix, 0, input, outputs, inputs, transposed);
  pack_part(matrix, input_values, hidden, outputs, hidden_inputs, transposed);
  return matrix;
}

InferenceWeights::InferenceWeights(const Parameters& parameters, const InferenceKernels& kernels) {
  const ModelConfig& config = parameters.config();
  const PanelShape& shape = kernels.cells[static_cast<int>(config.cell)].shape;
  for (int layer = 0; layer < config.layers; ++layer) {
    layers.push_back(pack_layer(parameters, layer, shape));
  }
  output = pack_output(parameters, kernels.linear.shape);
}

size_t InferenceWeights::bytes() const {
  size_t sum = output.matrix.bytes();
  for (const InferenceLayer& layer : layers) sum += layer.matrix.bytes();
  return sum;
}

}  // namespace charrnn::cpu
