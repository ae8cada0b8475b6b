// Holds the reference to PyTorch's own numbers, written by tests/torch/make_gradients.py in double.
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "base/json/json.h"
#include "engine/reference/reference_network.h"
#include "test_paths.h"

namespace charrnn::reference {
namespace {

using Json = JsonValue;

// The golden numbers have nine digits and gradients are stored as float32: each value agrees to
// 1e-7 of the largest of its tensor.
void expect_close(std::span<const float> values, const std::vector<double>& expected) {
  ASSERT_EQ(values.size(), expected.size());
  double largest = 0;
  for (const double value : expected) largest = std::max(largest, std::abs(value));
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_NEAR(values[i], expected[i], 1e-7 * largest) << "value " << i;
  }
}

void expect_close(const Parameters& parameters, const Json& expected) {
  for (size_t i = 0; i < parameters.layout().size(); ++i) {
    SCOPED_TRACE(parameters.layout()[i].name);
    expect_close(parameters.tensor(static_cast<int>(i)),
                 expected[parameters.layout()[i].name].get<std::vector<double>>());
  }
}

class Pytorch : public testing::TestWithParam<CellTraits> {
 protected:
  Pytorch() {
    golden_ = parse_json(read_file(CHARRNN_SOURCE_DIR "/tests/torch/gradients.json", 1 << 24));
    cell_ = golden_["cells"][GetParam().name];
    const ModelConfig config = {GetParam().kind, size("layers"), size("hidden_size"),
                                size("embedding_size"), size("vocabulary_size")};
    engine_ = std::make_unique<ReferenceNetwork>(config);
    Snapshot snapshot;
    snapshot.weights = Parameters(config);
    for (size_t i = 0; i < snapshot.weights.layout().size(); ++i) {
      const auto first =
          cell_["initial"][snapshot.weights.layout()[i].name].get<std::vector<float>>();
      const std::span<float> values = snapshot.weights.tensor(static_cast<int>(i));
      for (size_t k = 0; k < values.size(); ++k)
        values[k] = first[k] * golden_["scale"].get<float>();
    }
    engine_->load(snapshot);
    inputs_ = cell_["inputs"].get<std::vector<int32_t>>();
    targets_ = cell_["targets"].get<std::vector<int32_t>>();
    state_ = engine_->new_state(size("streams"));
    restart();
  }

  int size(const char* name) const { return golden_[name].get<int>(); }

  void restart() { state_->write(cell_["state"].get<std::vector<float>>()); }

  Batch batch(Objective objective) const {
    Batch batch{size("steps"), size("streams"), inputs_, targets_, objective};
    if (objective == Objective::kLast) batch.targets = batch.targets.last(batch.streams);
    return batch;
  }

  Json golden_;
  Json cell_;
  std::unique_ptr<ReferenceNetwork> engine_;
  std::unique_ptr<State> state_;
  std::vector<int32_t> inputs_;
  std::vector<int32_t> targets_;
};

TEST_P(Pytorch, HasTheSameLossGradientsAndState) {
  for (const auto& [name, objective] :
       {std::pair("all", Objective::kAll), std::pair("last", Objective::kLast)}) {
    SCOPED_TRACE(name);
    restart();
    Parameters gradient;
    const double loss = engine_->gradient(batch(objective), *state_, gradient);
    EXPECT_NEAR(loss, cell_[name]["loss"].get<double>(), 1e-8);
    expect_close(gradient, cell_[name]["gradient"]);
  }
  std::vector<float> after(cell_["state_after"].size());
  state_->read(after);
  expect_close(after, cell_["state_after"].get<std::vector<double>>());
}

TEST_P(Pytorch, HasTheSameWeightsAfterTwoClippedAdamSteps) {
  Update update;
  update.learning_rate = golden_["learning_rate"].get<float>();
  update.beta1 = golden_["beta1"].get<float>();
  update.beta2 = golden_["beta2"].get<float>();
  update.epsilon = golden_["epsilon"].get<float>();
  update.clip_limit = golden_["clip"].get<float>();
  for (int step = 0; step < 2; ++step) {
    update.step = step + 1;
    const StepResult result = engine_->train_step(batch(Objective::kAll), *state_, update);
    // The second step starts from weights that were rounded to float32.
    const double tolerance = step == 0 ? 1e-8 : 1e-6;
    EXPECT_NEAR(result.loss, cell_["adam"]["losses"][step].get<double>(), tolerance);
    EXPECT_NEAR(result.gradient_norm, cell_["adam"]["norms"][step].get<double>(), tolerance);
    EXPECT_GT(result.gradient_norm, update.clip_limit) << "else clipping is not tested";
  }
  Snapshot snapshot;
  engine_->store(snapshot);
  expect_close(snapshot.weights, cell_["adam"]["weights"]);
}

INSTANTIATE_TEST_SUITE_P(Cells, Pytorch, testing::ValuesIn(kCells),
                         [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace charrnn::reference
