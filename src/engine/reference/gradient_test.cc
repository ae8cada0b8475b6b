// Holds the reference's gradients to finite differences of its own loss.
#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "engine/reference/reference_network.h"

namespace charrnn::reference {
namespace {

struct Example {
  ModelConfig config;
  Objective objective;
  float dropout;
};

std::string name_of(const testing::TestParamInfo<Example>& param) {
  const Example& example = param.param;
  return std::string(cell_traits(example.config.cell).name) + "_" +
         std::to_string(example.config.layers) + "_layers" +
         (example.config.one_hot ? "_one_hot" : "") +
         (example.objective == Objective::kAll ? "_all" : "_last") +
         (example.dropout > 0 ? "_dropout" : "");
}

std::vector<Example> examples() {
  std::vector<Example> examples;
  for (const CellTraits& cell : kCells) {
    for (const Objective objective : {Objective::kAll, Objective::kLast}) {
      for (const float dropout : {0.0f, 0.4f}) {
        for (int layers = 1; layers <= 3; ++layers) {
          examples.push_back({{cell.kind, layers, 5, 3, 7}, objective, dropout});
        }
      }
    }
    examples.push_back({{cell.kind, 1, 5, 7, 7, true}, Objective::kAll, 0});
  }
  return examples;
}

class Gradient : public testing::TestWithParam<Example> {
 protected:
  static constexpr int kSteps = 4, kStreams = 3;

  Gradient() : engine_(GetParam().config), generator_(5) {
    const ModelConfig& config = GetParam().config;
    weights_.weights = Parameters(config);
    generator_.fill_uniform(weights_.weights.values(), -0.7f, 0.7f);
    start_.resize(static_cast<size_t>(config.layers * config.states()) * kStreams *
                  config.hidden_size);
    generator_.fill_uniform(start_, -0.9f, 0.9f);
    for (int i = 0; i < kSteps * kStreams; ++i) {
      inputs_.push_back(static_cast<int32_t>(generator_.u32() % config.vocabulary_size));
      targets_.push_back(static_cast<int32_t>(generator_.u32() % config.vocabulary_size));
    }
    dropout_ = {GetParam().dropout, GetParam().dropout / 2, 11, 3};
  }

  double loss(Parameters& gradient) {
    engine_.load(weights_);
    const auto state = engine_.new_state(kStreams);
    state->write(start_);
    Batch batch{kSteps, kStreams, inputs_, targets_, GetParam().objective};
    if (batch.objective == Objective::kLast) batch.targets = batch.targets.first(kStreams);
    batch.resets = resets_;
    batch.label_smoothing = label_smoothing_;
    batch.dropout = dropout_;
    return engine_.gradient(batch, *state, gradient);
  }

  // Central differences over a step of 2^-9: their own error is of the order of its square times
  // the third derivative, 4e-6, and weights are exact.
  void expect_slope() {
    constexpr float kStep = 1.0f / 512;
    Parameters gradient, unused;
    loss(gradient);
    const int64_t first = GetParam().config.one_hot ? gradient.tensor(0).size() : 0;
    for (int64_t i = 0; i < first; ++i) EXPECT_EQ(gradient.values()[i], 0);
    // Every third value: each tensor and gate is met, in a third of the time.
    for (size_t i = first; i < gradient.values().size(); i += 3) {
      float& weight = weights_.weights.values()[i];
      const float before = weight;
      weight = before + kStep;
      const double above = weight, loss_above = loss(unused);
      weight = before - kStep;
      const double below = weight, loss_below = loss(unused);
      weight = before;
      EXPECT_NEAR(gradient.values()[i], (loss_above - loss_below) / (above - below), 4e-6)
          << "value " << i;
    }
  }

  ReferenceNetwork engine_;
  MersenneTwister generator_;
  Snapshot weights_;
  std::vector<float> start_;
  std::vector<int32_t> inputs_, targets_;
  std::vector<uint8_t> resets_;
  Dropout dropout_;
  float label_smoothing_ = 0;
};

TEST_P(Gradient, IsTheSlopeOfTheLoss) { expect_slope(); }

// The gradient is linear in the targets: 1 - s times that of the text's targets plus s times that
// of the uniform distribution.
TEST_P(Gradient, OfSmoothedTargetsIsAMixtureOfGradients) {
  const int characters = GetParam().config.vocabulary_size;
  Parameters gradient, one;
  label_smoothing_ = 0.25f;
  const double smoothed_loss = loss(gradient);
  label_smoothing_ = 0;
  EXPECT_EQ(loss(one), smoothed_loss) << "losses are reported without it";
  std::vector<double> expected;
  for (const float value : one.values()) expected.push_back(0.75 * double{value});
  for (int32_t target = 0; target < characters; ++target) {
    std::ranges::fill(targets_, target);
    loss(one);
    for (size_t i = 0; i < expected.size(); ++i) {
      expected[i] += 0.25 / characters * double{one.values()[i]};
    }
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_NEAR(gradient.values()[i], expected[i], 1e-6) << "value " << i;
  }
}

TEST_P(Gradient, IsTheSlopeOfTheLossWhereDocumentsBegin) {
  resets_ = {0, 1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0};
  expect_slope();
}

TEST_P(Gradient, OfATextIsWhatSensitivityMeasures) {
  const ModelConfig& config = GetParam().config;
  engine_.load(weights_);
  const std::vector<float> norms = engine_.sensitivity(inputs_, targets_[0]);
  ASSERT_EQ(norms.size(), inputs_.size());
  // A character that is read once: its row of the embedding is moved, and log p looked at.
  for (size_t t = 0; t < inputs_.size(); ++t) {
    if (std::count(inputs_.begin(), inputs_.end(), inputs_[t]) != 1) continue;
    double squares = 0;
    for (int i = 0; i < config.embedding_size; ++i) {
      constexpr float kStep = 1.0f / 512;
      const auto log_probability = [&](float change) {
        Snapshot moved = weights_;
        moved.weights.embedding()[inputs_[t] * config.embedding_size + i] += change;
        engine_.load(moved);
        Trace trace;
        engine_.trace(inputs_, *engine_.new_state(1), trace);
        const size_t last = (inputs_.size() - 1) * config.vocabulary_size;
        return trace.log_probabilities[last + targets_[0]];
      };
      squares += std::pow((log_probability(kStep) - log_probability(-kStep)) / (2 * kStep), 2);
    }
    EXPECT_NEAR(norms[t], std::sqrt(squares), 2e-4 + 0.002 * norms[t]);  // float32 differences
  }
}

INSTANTIATE_TEST_SUITE_P(Cells, Gradient, testing::ValuesIn(examples()), name_of);

}  // namespace
}  // namespace charrnn::reference
