// Texts of real networks: the same in any company, and forgetting where a document begins.
#include <gtest/gtest.h>

#include "engine/factory/make_network.h"
#include "generate/testing/collected_text.h"
#include "model/testing/random_model.h"

namespace charrnn {
namespace {

std::unique_ptr<Network> random_network(CellKind cell, Device device, int vocabulary_size) {
  ModelConfig config;
  config.cell = cell;
  config.layers = 2;
  config.hidden_size = 19;
  config.embedding_size = 5;
  config.vocabulary_size = vocabulary_size;
  EngineOptions options;
  options.device = device;
  auto engine = make_network(config, options);
  engine->load_weights(random_model(config, 11).weights);
  return engine;
}

// Scores equal to the last bit give equal log probabilities, which are sent as well.
void expect_equal(const CollectedText& collected, const CollectedText& expected) {
  EXPECT_EQ(collected.pieces, expected.pieces);
  ASSERT_EQ(collected.characters.size(), expected.characters.size());
  for (size_t i = 0; i < collected.characters.size(); ++i) {
    EXPECT_EQ(collected.characters[i].log_probability, expected.characters[i].log_probability);
  }
}

TEST(Generator, GivesARealNetworksTextsBitForBitInAnyCompany) {
  const Vocabulary vocabulary = letters();
  const Device devices[] = {Device::kReference, Device::kCpu};
  for (int kind = 0; kind < 6; ++kind) {
    const auto cell = static_cast<CellKind>(kind % 3);
    const auto engine = random_network(cell, devices[kind / 3], vocabulary.size());
    std::vector<CollectedText> alone(24), forwards(24), backwards(24);
    const auto request = [](int i) {
      TextRequest result = request_of("abc", i / 3, 5 + 2 * i);
      result.index = i % 3;
      result.top_log_probabilities = 0;
      return result;
    };
    for (int i = 0; i < 24; ++i) {
      Generator generator(*engine, vocabulary, 1);
      generator.add(request(i), alone[i].sink());
      while (generator.step()) {
      }
    }
    Generator generator(*engine, vocabulary, 16);
    for (int i = 0; i < 24; ++i) {
      generator.add(request(i), forwards[i].sink());
      generator.add(request(23 - i), backwards[23 - i].sink());
      for (int steps = i % 4; steps > 0; --steps) generator.step();
    }
    while (generator.step()) {
    }
    for (int i = 0; i < 24; ++i) {
      expect_equal(forwards[i], alone[i]);
      expect_equal(backwards[i], alone[i]);
    }
  }
}

TEST(Generator, ForgetsEachDocumentBeforeTheNext) {
  const Vocabulary vocabulary = letters();
  const int32_t border = *vocabulary.find(U'\n');
  const HistoryNetwork scores(vocabulary.size());
  HistoryNetwork engine(vocabulary.size());
  Generator generator(engine, vocabulary, 3);
  generator.forget_before(border);
  CollectedText collected[3];
  for (int i = 0; i < 3; ++i) {
    generator.add(request_of(i == 1 ? "ab\nc" : "", static_cast<uint64_t>(i), 60),
                  collected[i].sink());
  }
  while (generator.step()) {
  }
  for (int i = 0; i < 3; ++i) {
    // Scored from the last line feed on, and no further back.
    std::vector<int32_t> history = vocabulary.encode(i == 1 ? "\nc" : "\n").ids;
    std::string expected;
    for (int64_t k = 0; k < 60; ++k) {
      const double uniform = sampling_uniform(static_cast<uint64_t>(i), 0, k);
      const int32_t id = draw(scores.scores_after(history), {}, {}, uniform);
      expected += vocabulary.text(id);
      if (id == border) history.clear();
      history.push_back(id);
    }
    EXPECT_EQ(collected[i].text, expected) << i;
    EXPECT_NE(expected.find('\n'), std::string::npos) << "else the case is too easy";
  }
}

}  // namespace
}  // namespace charrnn
