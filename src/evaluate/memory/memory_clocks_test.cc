// Half-lives against the reference: products of explicit Jacobians, by differences in double.
#include "evaluate/memory/memory_clocks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/reference/forward.h"
#include "model/testing/random_model.h"

namespace charrnn {
namespace {

using Matrix = std::vector<std::vector<double>>;  // its columns

reference::StreamState with_values(const ModelConfig& config, const std::vector<double>& values) {
  reference::StreamState state = reference::zero_state(config);
  size_t next = 0;
  for (auto& layer : state) {
    for (auto& part : layer) {
      for (double& value : part) value = values[next++];
    }
  }
  return state;
}

std::vector<double> values_of(const reference::StreamState& state) {
  std::vector<double> values;
  for (const auto& layer : state) {
    for (const auto& part : layer) values.insert(values.end(), part.begin(), part.end());
  }
  return values;
}

// The derivative of the state after the last `characters` by the state before them: the columns
// carried from character to character by differences of the reference's step.
Matrix derivative_of_state(const Parameters& parameters, const std::vector<int32_t>& ids,
                           size_t characters) {
  const ModelConfig& config = parameters.config();
  const reference::Tensors weights(parameters);
  const auto step = [&](const std::vector<double>& values, int32_t id) {
    reference::StreamState state = with_values(config, values);
    reference::read_character(config, weights, id, {}, {}, false, state);
    return values_of(state);
  };
  std::vector<double> now = values_of(reference::zero_state(config));
  for (size_t t = 0; t + characters < ids.size(); ++t) now = step(now, ids[t]);
  Matrix columns(now.size(), std::vector<double>(now.size()));
  for (size_t i = 0; i < now.size(); ++i) columns[i][i] = 1;
  for (size_t t = ids.size() - characters; t < ids.size(); ++t) {
    for (auto& column : columns) {
      const double length =
          std::sqrt(std::inner_product(column.begin(), column.end(), column.begin(), 0.0));
      const double h = 1e-5 / length;
      std::vector<double> above = now, below = now;
      for (size_t k = 0; k < now.size(); ++k) above[k] += h * column[k], below[k] -= h * column[k];
      above = step(above, ids[t]), below = step(below, ids[t]);
      for (size_t k = 0; k < now.size(); ++k) column[k] = (above[k] - below[k]) / (2 * h);
    }
    now = step(now, ids[t]);
  }
  return columns;
}

// Makes the columns orthogonal by Jacobi's rotations: their lengths are the singular values.
std::vector<double> singular_values(Matrix columns) {
  const auto product = [](const std::vector<double>& a, const std::vector<double>& b) {
    return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  };
  for (int sweep = 0; sweep < 60; ++sweep) {
    for (size_t i = 0; i < columns.size(); ++i) {
      for (size_t j = i + 1; j < columns.size(); ++j) {
        const double angle =
            0.5 * std::atan2(2 * product(columns[i], columns[j]),
                             product(columns[i], columns[i]) - product(columns[j], columns[j]));
        for (size_t k = 0; k < columns[i].size(); ++k) {
          const double a = columns[i][k], b = columns[j][k];
          columns[i][k] = std::cos(angle) * a + std::sin(angle) * b;
          columns[j][k] = std::cos(angle) * b - std::sin(angle) * a;
        }
      }
    }
  }
  std::vector<double> lengths;
  for (const auto& column : columns) lengths.push_back(std::sqrt(product(column, column)));
  std::ranges::sort(lengths, std::greater());
  return lengths;
}

class MemoryClocksOf : public testing::TestWithParam<std::tuple<CellKind, int>> {};

TEST_P(MemoryClocksOf, AreTheSingularValuesOfTheReferencesDerivative) {
  const auto [cell, layers] = GetParam();
  const ModelConfig config{
      .cell = cell, .layers = layers, .hidden_size = 4, .embedding_size = 3, .vocabulary_size = 6};
  const Parameters parameters = random_model(config, 5).weights;
  const std::vector<int32_t> ids = {1, 4, 0, 2, 2, 5, 1, 3, 4, 0};
  constexpr size_t kCharacters = 6;
  const std::vector<double> expected =
      singular_values(derivative_of_state(parameters, ids, kCharacters));
  const MemoryClocks clocks = memory_clocks(parameters, ids, kCharacters, 32);
  EXPECT_EQ(clocks.characters, static_cast<int>(kCharacters));
  ASSERT_EQ(clocks.exponents.size(), expected.size());
  int compared = 0;
  for (size_t i = 0; i < expected.size() && expected[i] > 1e-5 * expected[0]; ++i, ++compared) {
    EXPECT_NEAR(clocks.exponents[i] * kCharacters, std::log(expected[i]), 3e-3) << i;
  }
  EXPECT_GE(compared, 3);
  // Nothing of another document: its characters change nothing.
  std::vector<int32_t> documents = {5, 0, 4};
  documents.insert(documents.end(), ids.begin() + 7, ids.end());  // 3 begins one
  EXPECT_EQ(memory_clocks(parameters, documents, 100, 32, 3).exponents,
            memory_clocks(parameters, std::span(ids).subspan(7), 100, 32).exponents);
}

INSTANTIATE_TEST_SUITE_P(Cells, MemoryClocksOf,
                         testing::Combine(testing::Values(CellKind::kRnn, CellKind::kLstm,
                                                          CellKind::kGru),
                                          testing::Values(1, 2, 3)));

// A plain RNN whose units do not know each other and hardly move: h' = a h, each with its own a.
Parameters diagonal_network(const std::vector<double>& factors) {
  const int hidden = static_cast<int>(factors.size());
  Parameters parameters(ModelConfig{.cell = CellKind::kRnn,
                                    .layers = 1,
                                    .hidden_size = hidden,
                                    .embedding_size = 2,
                                    .vocabulary_size = 3});
  for (int i = 0; i < hidden; ++i) {
    parameters.weight_hh(0)[i * hidden + i] = static_cast<float>(factors[i]);
    parameters.weight_ih(0)[2 * i] = 1e-5f;
  }
  for (float& value : parameters.embedding()) value = 1;
  return parameters;
}

void expect_diagonal(const std::vector<double>& factors, size_t within) {
  const std::vector<int32_t> ids(256, 1);
  const MemoryClocks clocks = memory_clocks(diagonal_network(factors), ids, 256, 32);
  ASSERT_EQ(clocks.exponents.size(), std::min(factors.size(), size_t{32}));
  for (size_t i = 0; i < within; ++i) {
    const double expected = std::log(0.5) / std::log(factors[i]);
    EXPECT_NEAR(half_life(clocks.exponents[i]) / expected, 1, 0.01) << i;
  }
}

TEST(MemoryClocks, OfALinearDiagonalNetworkAreItsOwn) {
  std::vector<double> factors;
  for (int i = 0; i < 24; ++i) factors.push_back(0.99 - 0.02 * i);
  expect_diagonal(factors, factors.size());
  for (int i = 24; i < 48; ++i) factors.push_back(0.99 - 0.02 * i);
  expect_diagonal(factors, 32);  // of more than are asked for, the slowest
}

TEST(MemoryClocks, AreForeverWhereNothingFades) {
  EXPECT_EQ(half_life(0.1), std::numeric_limits<double>::infinity());
  EXPECT_EQ(half_life(-std::numeric_limits<double>::infinity()), 0);
  EXPECT_DOUBLE_EQ(half_life(-std::log(2.0) / 7), 7);
  const MemoryClocks none =
      memory_clocks(diagonal_network({0.0, 0.5}), std::vector<int32_t>{1, 1, 1}, 9, 9);
  EXPECT_EQ(none.exponents[1], -std::numeric_limits<double>::infinity());
}

TEST(MemoryClocks, EndWhereTheyAreStopped) {
  const Parameters parameters = diagonal_network(std::vector<double>(40, 0.5));
  const std::vector<int32_t> ids(90, 1);
  for (const int at : {5, 40, 100}) {  // before the counted ones, while turning, and among them
    int asked = 0;
    const ShouldStop should_stop = [&] { return ++asked == at; };
    EXPECT_TRUE(memory_clocks(parameters, ids, 80, 32, -1, should_stop).exponents.empty()) << at;
    EXPECT_EQ(asked, at);
  }
}

}  // namespace
}  // namespace charrnn
