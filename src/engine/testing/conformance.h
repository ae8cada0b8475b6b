// What every engine is compared with the reference on: random networks and texts of odd sizes.
// Included by tests alone.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "engine/factory/make_trainable_network.h"

namespace charrnn::conformance {

// An engine under test, and how far its results may be from the reference's: the L2 norm of the
// difference over that of the reference, for each tensor.
//   float32: 24 bits, and a few hundred roundings that mostly cancel; a wrong formula is off by far
//   more. bf16: operands have 8 bits (2^-9 relative), so 2^-9 times a small factor for depth.
struct Candidate {
  std::string name;
  EngineOptions options;
  double tolerance = 1e-5;
};

std::vector<Candidate> candidates();

struct Shape {
  ModelConfig config;
  int steps;
  int streams;
};

// Sizes beside the multiples of every vector and tile, and one on them.
inline std::vector<Shape> shapes() {
  std::vector<Shape> shapes;
  for (const CellTraits& cell : kCells) {
    shapes.push_back({{cell.kind, 1, 1, 3, 2}, 1, 1});
    shapes.push_back({{cell.kind, 2, 19, 7, 11}, 5, 3});
    shapes.push_back({{cell.kind, 1, 33, 16, 31}, 6, 16});
    shapes.push_back({{cell.kind, 3, 16, 1, 16}, 7, 17});
    shapes.push_back({{cell.kind, 2, 50, 53, 53, true}, 4, 9});
    shapes.push_back({{cell.kind, 2, 64, 32, 65}, 3, 33});
  }
  return shapes;
}

inline std::string name_of(const Shape& shape) {
  const ModelConfig& config = shape.config;
  return std::string(cell_traits(config.cell).name) + "_" + std::to_string(config.layers) + "x" +
         std::to_string(config.hidden_size);
}

// Relative distance of two arrays; 0 where both are all zero.
inline double distance(std::span<const float> values, std::span<const float> expected) {
  EXPECT_EQ(values.size(), expected.size());
  if (values.size() != expected.size()) return 1e30;
  double difference = 0, norm = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const double d = static_cast<double>(values[i]) - expected[i];
    difference += d * d;
    norm += static_cast<double>(expected[i]) * expected[i];
  }
  if (difference == 0) return 0;
  return norm > 0 ? std::sqrt(difference / norm) : 1e30;
}

inline void expect_near(const Parameters& values, const Parameters& expected, double tolerance,
                        const char* what) {
  ASSERT_EQ(values.values().size(), expected.values().size()) << what;
  for (int i = 0; i < static_cast<int>(expected.layout().size()); ++i) {
    EXPECT_LE(distance(values.tensor(i), expected.tensor(i)), tolerance)
        << what << " " << expected.layout()[i].name;
  }
}

inline std::vector<float> read(const State& state, const ModelConfig& config) {
  std::vector<float> values(static_cast<size_t>(config.layers) * config.states() * state.streams() *
                            config.hidden_size);
  state.read(values);
  return values;
}

// An engine and the reference with the same random network.
class Pair {
 public:
  Pair(const Candidate& candidate, const ModelConfig& config, uint64_t seed = 1)
      : config_(config), generator_(seed), tolerance_(candidate.tolerance) {
    engine_ = make_trainable_network(config, candidate.options);
    EngineOptions options;
    options.device = Device::kReference;
    reference_ = make_trainable_network(config, options);
    snapshot_.weights = Parameters(config);
    for (int i = 0; i < static_cast<int>(snapshot_.weights.layout().size()); ++i) {
      const TensorInfo& info = snapshot_.weights.layout()[i];
      // Large biases, and weights that make sums of about 1: gates are neither linear nor
      // saturated.
      const float bound = info.shape.size() == 1
                              ? 0.8f
                              : std::min(0.9f, 2 / std::sqrt(static_cast<float>(info.shape[1])));
      generator_.fill_uniform(snapshot_.weights.tensor(i), -bound, bound);
    }
    if (config.one_hot) {
      const std::span<float> embedding = snapshot_.weights.embedding();
      std::ranges::fill(embedding, 0.0f);
      for (int i = 0; i < config.vocabulary_size; ++i) {
        embedding[static_cast<size_t>(i) * config.embedding_size + i] = 1;
      }
    }
    load();
  }

  void load() {
    engine_->load(snapshot_);
    reference_->load(snapshot_);
  }

  // The same constant added to every bias of the output: probabilities stay as they are, but for
  // the logits' rounding. keep_weights: else all others become zero.
  void shift_logits(float shift, bool keep_weights) {
    if (!keep_weights) std::ranges::fill(snapshot_.weights.values(), 0.0f);
    for (float& bias : snapshot_.weights.fc_bias()) bias += shift;
    load();
  }

  TrainableNetwork& engine() { return *engine_; }
  TrainableNetwork& reference() { return *reference_; }
  Snapshot& snapshot() { return snapshot_; }
  const Snapshot& snapshot() const { return snapshot_; }
  double tolerance() const { return tolerance_; }

  std::vector<int32_t> random_ids(int count) {
    std::vector<int32_t> ids(count);
    for (int32_t& id : ids) id = static_cast<int32_t>(generator_.u32() % config_.vocabulary_size);
    return ids;
  }

  std::vector<float> random_values(size_t count) {
    std::vector<float> values(count);
    generator_.fill_uniform(values, -0.9f, 0.9f);
    return values;
  }

  // The same random state for both.
  std::pair<std::unique_ptr<State>, std::unique_ptr<State>> random_states(int streams) {
    auto ours = engine_->new_state(streams), theirs = reference_->new_state(streams);
    const std::vector<float> values = random_values(read(*theirs, config_).size());
    ours->write(values);
    theirs->write(values);
    return {std::move(ours), std::move(theirs)};
  }

 private:
  ModelConfig config_;
  MersenneTwister generator_;
  double tolerance_;
  std::unique_ptr<TrainableNetwork> engine_, reference_;
  Snapshot snapshot_;
};

// Common parts of logits that single precision has to bear.
inline constexpr float kShifts[] = {1e3f, 1e6f, -1e6f, 1e8f, 1e30f, -1e30f, 3e38f, -3e38f};

class Conformance : public testing::TestWithParam<std::tuple<Candidate, Shape>> {
 protected:
  const Candidate& candidate() const { return std::get<0>(GetParam()); }
  const Shape& shape() const { return std::get<1>(GetParam()); }
  const ModelConfig& config() const { return shape().config; }
};

inline std::string name_of_pair(const testing::TestParamInfo<std::tuple<Candidate, Shape>>& info) {
  std::string name = std::get<0>(info.param).name + "_" + name_of(std::get<1>(info.param));
  std::ranges::replace(name, '-', '_');
  return name;
}

}  // namespace charrnn::conformance
