// The GPU engine at sizes that conformance_test.cc leaves out, because they are large: where
// streams take turns, for each number of units that a block holds, and where no kernel holds the
// matrix.
#include "engine/cuda/cuda_engine.h"

#include "base/error.h"
#include "engine/testing/conformance.h"

namespace charrnn {
namespace {

using conformance::Candidate;
using conformance::Pair;
using conformance::Shape;

TEST(WhyNoCuda, IsTheErrorThatAskingForItGives) {
  const std::string why = why_no_cuda();
  if (why.empty()) GTEST_SKIP() << "this machine has a GPU";
  try {
    make_cuda_network({.vocabulary_size = 5}, {});
    FAIL() << "a network was made without a GPU";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "no_cuda");
    EXPECT_NE(std::string(error.what()).find(why), std::string::npos);
  }
}

class LargeOnCuda : public testing::TestWithParam<std::tuple<Precision, Shape>> {
 protected:
  void SetUp() override {
    if (const std::string why = why_no_cuda(); !why.empty()) GTEST_SKIP() << "no GPU: " << why;
  }
  static Candidate candidate() {
    const Precision precision = std::get<0>(GetParam());
    EngineOptions options;
    options.device = Device::kCuda;
    options.precision = precision;
    return {"cuda", options, precision == Precision::kFloat32 ? 1e-5 : 5e-2};
  }

  void compare_gradients(bool with_resets) {
    const Shape& shape = std::get<1>(GetParam());
    Pair pair(candidate(), shape.config);
    const int characters = shape.steps * shape.streams;
    const std::vector<int32_t> inputs = pair.random_ids(characters);
    const std::vector<int32_t> targets = pair.random_ids(characters);
    Batch batch = {shape.steps, shape.streams, inputs, targets};
    std::vector<uint8_t> resets;
    for (const float value : pair.random_values(characters)) resets.push_back(value > 0.3f);
    if (with_resets) batch.resets = resets;
    const auto [ours, theirs] = pair.random_states(shape.streams);
    Parameters gradient, expected;
    const double loss = pair.engine().gradient(batch, *ours, gradient);
    const double expected_loss = pair.reference().gradient(batch, *theirs, expected);
    EXPECT_NEAR(loss, expected_loss, pair.tolerance() * expected_loss);
    conformance::expect_near(gradient, expected, pair.tolerance(), "gradient of");
    EXPECT_LE(conformance::distance(conformance::read(*ours, shape.config),
                                    conformance::read(*theirs, shape.config)),
              pair.tolerance());
  }
};

TEST_P(LargeOnCuda, HasTheReferencesLossAndGradients) { compare_gradients(false); }
TEST_P(LargeOnCuda, HasTheReferencesGradientsWhereDocumentsBegin) { compare_gradients(true); }

// The same batch again gives the same bits: no sum depends on which block came first.
TEST_P(LargeOnCuda, LearnsTheSameBitsEveryTime) {
  const Shape& shape = std::get<1>(GetParam());
  std::vector<Snapshot> learned;
  for (int round = 0; round < 2; ++round) {
    Pair pair(candidate(), shape.config);
    const int characters = shape.steps * shape.streams;
    const std::vector<int32_t> inputs = pair.random_ids(characters);
    const std::vector<int32_t> targets = pair.random_ids(characters);
    const auto state = pair.random_states(shape.streams).first;
    Update update;
    const Batch batch = {.steps = shape.steps,
                         .streams = shape.streams,
                         .inputs = inputs,
                         .targets = targets,
                         .dropout = {.before_output = 0.2f}};
    for (update.step = 1; update.step <= 4; ++update.step) {
      pair.engine().train_step(batch, *state, update);
    }
    pair.engine().store(learned.emplace_back());
  }
  EXPECT_TRUE(std::ranges::equal(learned[0].weights.values(), learned[1].weights.values()));
  EXPECT_TRUE(
      std::ranges::equal(learned[0].second_moment.values(), learned[1].second_moment.values()));
}

std::vector<Shape> large_shapes() {
  return {
      {{CellKind::kLstm, 2, 500, 40, 97}, 3, 70},  // turns
      {{CellKind::kGru, 2, 300, 24, 65}, 4, 33},
      {{CellKind::kRnn, 2, 256, 64, 31}, 5, 64},
      // 24 units a block, in float32 and bf16: sizes that 96 divides, one turn and several.
      {{CellKind::kLstm, 1, 280, 16, 40}, 4, 50},
      {{CellKind::kGru, 1, 384, 16, 40}, 3, 130},
      {{CellKind::kRnn, 1, 1152, 16, 40}, 3, 20},
      {{CellKind::kLstm, 1, 768, 64, 65}, 3, 9},
      // Some rows in shared memory; one turn and several.
      {{CellKind::kLstm, 1, 730, 16, 40}, 4, 27},
      {{CellKind::kLstm, 1, 750, 16, 40}, 3, 90},
      {{CellKind::kGru, 1, 900, 16, 40}, 4, 45},
      {{CellKind::kRnn, 1, 1100, 16, 40}, 4, 21},
      {{CellKind::kLstm, 1, 1100, 16, 40}, 2, 3},  // no kernel holds it
      {{CellKind::kGru, 1, 1330, 16, 40}, 2, 3},
      {{CellKind::kRnn, 1, 2200, 16, 40}, 2, 3},
  };
}

INSTANTIATE_TEST_SUITE_P(Shapes, LargeOnCuda,
                         testing::Combine(testing::Values(Precision::kFloat32,
                                                          Precision::kBfloat16),
                                          testing::ValuesIn(large_shapes())),
                         [](const auto& one) {
                           const bool f32 = std::get<0>(one.param) == Precision::kFloat32;
                           return conformance::name_of(std::get<1>(one.param)) +
                                  (f32 ? "_f32" : "_bf16");
                         });

}  // namespace
}  // namespace charrnn
