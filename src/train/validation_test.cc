#include "train/validation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "train/testing/trainer_fixture.h"

namespace charrnn {
namespace {

// A network with random weights (not fresh ones) and a random text.
struct Read {
  Read(CellKind cell, size_t size) : ids(9) {
    const ModelConfig config = {
        .cell = cell, .layers = 2, .hidden_size = 7, .embedding_size = 5, .vocabulary_size = 9};
    EngineOptions options;
    options.device = Device::kReference;
    engine = make_trainable_network(config, options);
    MersenneTwister generator(4);
    Parameters weights(config);
    generator.fill_normal(weights.values());
    for (float& value : weights.values()) value *= 0.25f;
    engine->load_weights(weights);
    for (size_t i = 0; i < size; ++i) ids.push_back(static_cast<int32_t>(generator.u32() % 9));
  }
  IdArray ids;
  std::unique_ptr<TrainableNetwork> engine;
};

double one_after_another(Network& engine, IdView text) {
  const std::unique_ptr<State> state = engine.new_state(1);
  std::vector<int32_t> ids(text.size);
  text.copy(0, ids);
  return engine.evaluate(ids, *state) / static_cast<double>(text.size - 1);
}

TEST(Validation, IsTheLossOfReadingTheTextFromItsFirstCharacterToItsLast) {
  Read read(CellKind::kLstm, 140000);
  for (const size_t size :
       {size_t{2}, size_t{3}, size_t{131071}, size_t{131072}, size_t{131073}, size_t{140000}}) {
    const IdView text = view(read.ids).part(0, size);
    // Each character's loss has been rounded to float32.
    EXPECT_NEAR(validation_loss(*read.engine, text).mean, one_after_another(*read.engine, text),
                1e-7)
        << size;
  }
}

}  // namespace
}  // namespace charrnn
