#include "model/initial_values.h"

#include <algorithm>
#include <cmath>

namespace charrnn {
namespace {

void fill_with_identity(std::span<float> matrix, int size) {
  std::ranges::fill(matrix, 0.0f);
  for (int i = 0; i < size; ++i) matrix[static_cast<size_t>(i) * size + i] = 1;
}

// nn.Linear's bound for its weight, computed as kaiming_uniform_(a = sqrt(5)) does it, in double:
//   sqrt(3) gain / sqrt(inputs)      gain = sqrt(2 / (1 + a^2))
// which is 1 / sqrt(inputs) up to rounding.
float linear_bound(int inputs) {
  const double gain = std::sqrt(2.0 / (1 + 5));
  return static_cast<float>(std::sqrt(3.0) * (gain / std::sqrt(inputs)));
}

// Makes the rows orthonormal one after the other (Gram and Schmidt's method, each twice against
// rounding).
void orthogonalize(std::span<double> matrix, size_t size) {
  const auto row = [&](size_t i) { return matrix.subspan(i * size, size); };
  for (size_t i = 0; i < size; ++i) {
    for (int round = 0; round < 2; ++round) {
      for (size_t j = 0; j < i; ++j) {
        double product = 0;
        for (size_t k = 0; k < size; ++k) product += row(i)[k] * row(j)[k];
        for (size_t k = 0; k < size; ++k) row(i)[k] -= product * row(j)[k];
      }
    }
    double square = 0;
    for (const double value : row(i)) square += value * value;
    for (double& value : row(i)) value /= std::sqrt(square);
  }
}

}  // namespace

void fill_like_pytorch(Parameters& parameters, MersenneTwister& generator) {
  const ModelConfig& config = parameters.config();
  if (config.one_hot) {
    fill_with_identity(parameters.embedding(), config.vocabulary_size);
  } else {
    generator.fill_normal(parameters.embedding());
  }
  const float bound = static_cast<float>(1.0 / std::sqrt(config.hidden_size));
  for (int layer = 0; layer < config.layers; ++layer) {
    generator.fill_uniform(parameters.weight_ih(layer), -bound, bound);
    generator.fill_uniform(parameters.weight_hh(layer), -bound, bound);
    generator.fill_uniform(parameters.bias_ih(layer), -bound, bound);
    generator.fill_uniform(parameters.bias_hh(layer), -bound, bound);
  }
  const float weight_bound = linear_bound(config.hidden_size);
  generator.fill_uniform(parameters.fc_weight(), -weight_bound, weight_bound);
  generator.fill_uniform(parameters.fc_bias(), -bound, bound);
}

void fill_orthogonal(Parameters& parameters, MersenneTwister& generator) {
  fill_like_pytorch(parameters, generator);
  const ModelConfig& config = parameters.config();
  const size_t size = static_cast<size_t>(config.hidden_size);
  std::vector<float> normal(size * size);
  for (int layer = 0; layer < config.layers; ++layer) {
    for (int gate = 0; gate < config.gates(); ++gate) {
      generator.fill_normal(normal);
      std::vector<double> matrix(normal.begin(), normal.end());
      orthogonalize(matrix, size);
      std::ranges::transform(matrix,
                             parameters.weight_hh(layer).subspan(gate * size * size).begin(),
                             [](double value) { return static_cast<float>(value); });
    }
  }
}

void add_forget_bias(Parameters& parameters, float bias) {
  const ModelConfig& config = parameters.config();
  const int gate = cell_traits(config.cell).keep_gate;
  if (gate < 0) return;
  const size_t hidden = static_cast<size_t>(config.hidden_size);
  for (int layer = 0; layer < config.layers; ++layer) {
    for (float& value : parameters.bias_ih(layer).subspan(gate * hidden, hidden)) {
      value += bias;
    }
  }
}

void fill_like_char_rnn(Parameters& parameters, MersenneTwister& generator) {
  const ModelConfig& config = parameters.config();
  for (size_t i = config.one_hot ? 1 : 0; i < parameters.layout().size(); ++i) {
    generator.fill_uniform(parameters.tensor(static_cast<int>(i)), -0.08f, 0.08f);
  }
  if (config.one_hot) fill_with_identity(parameters.embedding(), config.vocabulary_size);
  if (config.cell != CellKind::kLstm) return;
  constexpr int kForgetGate = 1;
  const size_t hidden = static_cast<size_t>(config.hidden_size);
  for (int layer = 0; layer < config.layers; ++layer) {
    std::ranges::fill(parameters.bias_ih(layer).subspan(kForgetGate * hidden, hidden), 1.0f);
    std::ranges::fill(parameters.bias_hh(layer).subspan(kForgetGate * hidden, hidden), 0.0f);
  }
}

}  // namespace charrnn
