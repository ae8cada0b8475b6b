// Networks so large that a step runs on several threads, or may do so.
#include <gtest/gtest.h>

#include "engine/cpu/cpu_engine.h"
#include "engine/cpu/inference/inference.h"
#include "engine/testing/conformance.h"
#include "engine/testing/each_isa.h"

namespace charrnn::cpu {
namespace {

class ParallelInference : public testing::TestWithParam<std::tuple<std::string, CellTraits>> {
 protected:
  // Beyond 2 MiB of weights, and no multiple of a panel; with the reference beside it.
  static ModelConfig config(int hidden_size = 450) {
    return {std::get<1>(GetParam()).kind, 2, hidden_size, 9, 37};
  }

  static conformance::Candidate on_threads(int threads) {
    EngineOptions options;
    options.isa = std::get<0>(GetParam());
    options.threads = threads;
    return {"cpu", options};
  }
};

class LargeParallelInference : public ParallelInference {
 protected:
  conformance::Pair alone_{on_threads(1), config()};
  conformance::Pair together_{on_threads(3), config()};
};

// Packed weights are padded to whole panels, which are the larger the wider the vectors are: the
// sizes are far from the border on either side.
TEST_P(ParallelInference, MayBeWorthIt) {
  const InferenceKernels& kernels =
      choose_isa(std::get<0>(GetParam()), Precision::kFloat32).float32->inference;
  const auto may = [&](int hidden_size, int rows) {
    return threads_may_help(InferenceWeights(Parameters(config(hidden_size)), kernels), rows);
  };
  EXPECT_TRUE(may(450, 1));
  EXPECT_TRUE(may(220, 1));
  EXPECT_FALSE(may(40, 1));
  EXPECT_TRUE(may(40, 128));
}

TEST_P(ParallelInference, SmallerNetworksAdvanceWithTheSameBits) {
  conformance::Pair one(on_threads(1), config(220)), three(on_threads(3), config(220));
  const auto alone = one.engine().new_state(1), together = three.engine().new_state(1);
  std::vector<float> logits(config().vocabulary_size), same(logits.size());
  for (int time = 0; time < 200; ++time) {
    const std::vector<int32_t> ids = one.random_ids(1);
    one.engine().advance(ids, *alone, logits, {});
    three.engine().advance(ids, *together, same, {});
    ASSERT_EQ(logits, same) << time;
  }
}

TEST_P(LargeParallelInference, AdvancesWithTheSameBitsAndAsTheReferenceDoes) {
  const std::vector<Hold> holds = {{0, 449, 0.5f}, {1, 0, -0.5f}};
  for (const int streams : {1, 5}) {
    const auto alone = alone_.engine().new_state(streams);
    const auto together = together_.engine().new_state(streams);
    const auto reference = alone_.reference().new_state(streams);
    std::vector<float> logits(static_cast<size_t>(streams) * config().vocabulary_size);
    std::vector<float> same(logits.size()), expected(logits.size());
    // The first three run on one thread.
    for (int time = 0; time < 7; ++time) {
      const std::vector<int32_t> ids = alone_.random_ids(streams);
      alone_.engine().advance(ids, *alone, logits, holds);
      together_.engine().advance(ids, *together, same, holds);
      alone_.reference().advance(ids, *reference, expected, holds);
      EXPECT_EQ(logits, same);
      EXPECT_LE(conformance::distance(logits, expected), 1e-5);
    }
    EXPECT_EQ(conformance::read(*alone, config()), conformance::read(*together, config()));
  }
}

TEST_P(LargeParallelInference, TracesWithTheSameBits) {
  const std::vector<int32_t> ids = alone_.random_ids(9);
  Trace alone, together;
  alone_.engine().trace(ids, *alone_.engine().new_state(1), alone);
  together_.engine().trace(ids, *together_.engine().new_state(1), together);
  EXPECT_EQ(alone.hidden, together.hidden);
  EXPECT_EQ(alone.cell, together.cell);
  EXPECT_EQ(alone.saved, together.saved);
  EXPECT_EQ(alone.log_probabilities, together.log_probabilities);
}

TEST_P(LargeParallelInference, MeasuresSensitivityAsTheReferenceDoes) {
  const std::vector<int32_t> ids = alone_.random_ids(6);
  const std::vector<float> together = together_.engine().sensitivity(ids, 3);
  EXPECT_EQ(alone_.engine().sensitivity(ids, 3), together);
  EXPECT_LE(conformance::distance(together, alone_.reference().sensitivity(ids, 3)), 1e-5);
}

using IsaAndCell = std::tuple<std::string, CellTraits>;

std::string name_of_case(const testing::TestParamInfo<IsaAndCell>& info) {
  return std::string(std::get<1>(info.param).name) + "_" + test_name(std::get<0>(info.param));
}

INSTANTIATE_TEST_SUITE_P(Cells, ParallelInference,
                         testing::Combine(testing::ValuesIn(each_isa()), testing::ValuesIn(kCells)),
                         name_of_case);
INSTANTIATE_TEST_SUITE_P(Cells, LargeParallelInference,
                         testing::Combine(testing::ValuesIn(each_isa()), testing::ValuesIn(kCells)),
                         name_of_case);

}  // namespace
}  // namespace charrnn::cpu
