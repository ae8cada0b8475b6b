// Slices read side by side against the same text read from the first character to the last.
#include "engine/cpu/inference/parallel_evaluation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "engine/cpu/cpu_engine.h"
#include "engine/testing/each_isa.h"

namespace charrnn::cpu {
namespace {

class ParallelEvaluationTest : public testing::TestWithParam<std::string> {
 protected:
  static constexpr int kCharacters = 6000;

  // Weights of recurrent layers uniform in ± gain / sqrt(hidden_size).
  void make(const ModelConfig& config, float gain) {
    config_ = config;
    parameters_ = Parameters(config);
    MersenneTwister generator(3);
    const float bound = gain / std::sqrt(static_cast<float>(config.hidden_size));
    generator.fill_uniform(parameters_.values(), -bound, bound);
    generator.fill_uniform(parameters_.embedding(), -1, 1);
    ids_.resize(kCharacters);
    for (int32_t& id : ids_) id = static_cast<int32_t>(generator.u32() % config.vocabulary_size);
    start_.resize(static_cast<size_t>(config.layers) * config.states() * config.hidden_size);
    generator.fill_uniform(start_, -0.9f, 0.9f);
  }

  // The forget gates of an LSTM: sigmoid(10) keeps half of what it holds for 15,000 characters.
  void remember_for_long() {
    for (int layer = 0; layer < config_.layers; ++layer) {
      const size_t hidden = static_cast<size_t>(config_.hidden_size);
      std::ranges::fill(parameters_.bias_ih(layer).subspan(hidden, hidden), 10.0f);
    }
  }

  // Forget and input gates of every third unit that are open, and g that is 1 or -1: c counts up or
  // down, further than tanh distinguishes.
  void count(float forget) {
    for (int layer = 0; layer < config_.layers; ++layer) {
      const int hidden = config_.hidden_size;
      for (int unit = 0; unit < hidden; unit += 3) {
        parameters_.bias_ih(layer)[unit] = 8;
        parameters_.bias_ih(layer)[hidden + unit] = forget;
        parameters_.bias_ih(layer)[2 * hidden + unit] = unit % 2 == 0 ? 4 : -4;
      }
    }
  }

  const InferenceKernels& kernels() const {
    return choose_isa(GetParam(), Precision::kFloat32).float32->inference;
  }

  struct Result {
    std::vector<float> losses;
    std::vector<float> state;
    int64_t characters_evaluated = 0;
  };

  Result in_parallel(int threads) const {
    ThreadPool pool(threads);
    const InferenceWeights weights(parameters_, kernels());
    ParallelEvaluation slices(config_, kernels(), weights, pool);
    Result result = {std::vector<float>(ids_.size() - 1), start_};
    slices.evaluate(ids_, result.state, result.losses, resets_);
    result.characters_evaluated = slices.characters_evaluated();
    return result;
  }

  Result one_by_one() const {
    const InferenceWeights weights(parameters_, kernels());
    InferenceBatch rows(config_, kernels(), weights, 1);
    rows.load_row(0, start_);
    Result result = {{}, start_};
    for (size_t t = 0; t + 1 < ids_.size(); ++t) {
      if (!resets_.empty() && resets_[t] != 0) {
        rows.load_row(0, std::vector<float>(start_.size()));
      }
      rows.step({&ids_[t], 1}, Worker(), true);
      result.losses.push_back(rows.loss(0, ids_[t + 1]));
    }
    rows.store_row(0, result.state);
    return result;
  }

  // States that differ by 1e-5 count as one: a loss differs by little more.
  static void expect_same(const Result& result, const Result& expected) {
    ASSERT_EQ(result.losses.size(), expected.losses.size());
    for (size_t i = 0; i < expected.losses.size(); ++i) {
      ASSERT_NEAR(result.losses[i], expected.losses[i], 5e-5) << "character " << i;
    }
    for (size_t i = 0; i < expected.state.size(); ++i) {
      EXPECT_NEAR(result.state[i], expected.state[i],
                  2e-5 * std::max(1.0f, std::abs(expected.state[i])));
    }
  }

  ModelConfig config_;
  Parameters parameters_;
  std::vector<int32_t> ids_;
  std::vector<float> start_;
  std::vector<uint8_t> resets_;  // or empty
};

TEST_P(ParallelEvaluationTest, OfANetworkThatForgetsAreReadLittleMoreThanOnce) {
  for (const CellTraits& cell : kCells) {
    SCOPED_TRACE(cell.name);
    make({cell.kind, 2, 33, 9, 17}, 1);
    const Result result = in_parallel(2);
    expect_same(result, one_by_one());
    EXPECT_LT(result.characters_evaluated, 2 * kCharacters);
  }
}

// Though the counting units differ for thousands of characters.
TEST_P(ParallelEvaluationTest, OfANetworkThatCountsAreReadLittleMoreThanOnce) {
  make({CellKind::kLstm, 2, 33, 9, 17}, 1);
  count(6);
  const Result result = in_parallel(2), expected = one_by_one();
  expect_same(result, expected);
  EXPECT_GT(std::abs(expected.state[33]), 100) << "else the case is too easy";
  EXPECT_LT(result.characters_evaluated, 2 * kCharacters);
}

// Counters that come back from where tanh is flat, and others in between.
TEST_P(ParallelEvaluationTest, OfNetworksThatRememberForAWhileAreReadAsOneByOne) {
  for (const float gain : {1.0f, 2.0f, 4.0f}) {
    for (const float forget : {2.0f, 4.0f, 6.0f}) {
      SCOPED_TRACE(testing::Message() << "gain " << gain << ", forget gate " << forget);
      make({CellKind::kLstm, 2, 33, 9, 17}, gain);
      count(forget);
      expect_same(in_parallel(2), one_by_one());
    }
  }
}

TEST_P(ParallelEvaluationTest, OfDocumentsKeepNothingOfWhatCameBefore) {
  make({CellKind::kLstm, 2, 33, 9, 17}, 1);
  count(6);
  resets_.resize(ids_.size());
  for (const int offset : {100, 101, 500, 2900, 5998}) resets_[offset] = 1;
  expect_same(in_parallel(2), one_by_one());
}

TEST_P(ParallelEvaluationTest, TheirRowsCarryNothingOverABeginning) {
  make({CellKind::kLstm, 2, 33, 9, 17}, 1);
  const InferenceWeights weights(parameters_, kernels());
  InferenceBatch rows(config_, kernels(), weights, 1);
  rows.track_cell();
  std::vector<float> forget_product(2 * 33), min_abs_cell(forget_product.size());
  rows.step({&ids_[0], 1}, Worker(), true);
  rows.store_tracking(0, forget_product, min_abs_cell);
  for (const float value : forget_product) EXPECT_TRUE(value > 0 && value < 1) << value;
  rows.load_row(0, start_);
  rows.step({&ids_[1], 1}, Worker(), true);
  rows.store_tracking(0, forget_product, min_abs_cell);
  EXPECT_EQ(forget_product, std::vector<float>(forget_product.size()));
}

TEST_P(ParallelEvaluationTest, OfANetworkThatForgetsNothingAreReadInOrder) {
  make({CellKind::kLstm, 2, 19, 9, 17}, 1);
  remember_for_long();
  const Result result = in_parallel(2);
  expect_same(result, one_by_one());
  EXPECT_GT(result.characters_evaluated, 2 * kCharacters) << "else the case is too easy";
}

TEST_P(ParallelEvaluationTest, OfAChaoticNetworkAreReadInOrder) {
  make({CellKind::kRnn, 1, 64, 9, 17}, 6);
  const Result result = in_parallel(2);
  expect_same(result, one_by_one());
  EXPECT_GT(result.characters_evaluated, 2 * kCharacters) << "else the case is too easy";
}

TEST_P(ParallelEvaluationTest, GiveTheSameBitsForAnyNumberOfThreads) {
  for (const CellKind cell : {CellKind::kGru, CellKind::kLstm}) {
    make({cell, 2, 33, 9, 17}, 1.5f);
    if (cell == CellKind::kLstm) count(5);
    const Result one = in_parallel(1), three = in_parallel(3);
    EXPECT_EQ(one.losses, three.losses);
    EXPECT_EQ(one.state, three.state);
    EXPECT_EQ(one.characters_evaluated, three.characters_evaluated);
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, ParallelEvaluationTest, testing::ValuesIn(each_isa()), name_of_isa);

}  // namespace
}  // namespace charrnn::cpu
