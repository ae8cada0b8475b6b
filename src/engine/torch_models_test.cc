// Model files written by PyTorch (tests/torch/make_models.py) give the logits that PyTorch
// computes.
#include <gtest/gtest.h>

#include "engine/factory/make_network.h"
#include "model/file/model_file.h"
#include "model/file/safetensors.h"
#include "test_paths.h"

namespace charrnn {
namespace {

struct TorchModel {
  std::string name;
  ModelConfig config;
};

class TorchModels : public testing::TestWithParam<TorchModel> {};

// Reads ids character by character; expected: [ids][vocabulary].
void expect_logits(Network& engine, std::span<const int64_t> ids, std::span<const float> expected,
                   double tolerance) {
  const auto state = engine.new_state(1);
  std::vector<float> logits(engine.config().vocabulary_size);
  for (size_t t = 0; t < ids.size(); ++t) {
    const auto id = static_cast<int32_t>(ids[t]);
    engine.advance(std::span(&id, 1), *state, logits);
    for (size_t i = 0; i < logits.size(); ++i) {
      EXPECT_NEAR(logits[i], expected[t * logits.size() + i], tolerance) << t << ", " << i;
    }
  }
}

TEST_P(TorchModels, GiveTheLogitsThatPytorchComputes) {
  const std::string path = CHARRNN_SOURCE_DIR "/tests/torch/" + GetParam().name + ".safetensors";
  const Model model = read_model(path);
  EXPECT_EQ(model.config(), GetParam().config);
  ASSERT_EQ(model.notes.size(), 1u);
  EXPECT_EQ(model.notes[0], "not used: tensors 'golden.ids', 'golden.logits'");

  const SafetensorsFile file = SafetensorsFile::read(path);
  const auto ids = file.values<int64_t>("golden.ids");
  const auto logits = file.values<float>("golden.logits");
  const auto check = [&](const EngineOptions& options, double tolerance) {
    const auto engine = make_network(model.config(), options);
    engine->load_weights(model.weights);
    expect_logits(*engine, ids, logits, tolerance);
  };
  check({.device = Device::kReference}, 2e-6);
  for (const std::string& isa : cpu_instruction_sets(Precision::kFloat32)) {
    SCOPED_TRACE(isa);
    check({.isa = isa}, 1e-5);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Files, TorchModels,
    testing::Values(TorchModel{"gru_19", {CellKind::kGru, 2, 19, 7, 23, false}},
                    TorchModel{"lstm_13", {CellKind::kLstm, 1, 13, 5, 17, false}},
                    TorchModel{"lstm_7", {CellKind::kLstm, 3, 7, 16, 33, false}},
                    TorchModel{"rnn_11", {CellKind::kRnn, 2, 11, 9, 31, false}}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace charrnn
