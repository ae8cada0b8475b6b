#include "train/initial_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "model/testing/random_model.h"
#include "train/testing/trainer_fixture.h"

namespace charrnn {
namespace {

constexpr int kKnown = 5;

Model model_of(CellKind cell, bool one_hot, const std::string& symbols) {
  ModelConfig config = {cell, 2, 6, 4, static_cast<int>(symbols.size()), one_hot};
  if (one_hot) config.embedding_size = config.vocabulary_size;
  Model model = random_model(config);
  model.vocabulary =
      Vocabulary(std::vector<char32_t>(symbols.begin(), symbols.end()), Encoding::kUtf8, false);
  return model;
}

// Row (or, of what one-hot characters enter by, column) `to` becomes what `from` was.
void move_rows(std::span<const float> from, std::span<float> to, const std::vector<int>& order) {
  const size_t width = from.size() / order.size();
  for (size_t row = 0; row < order.size(); ++row) {
    std::copy_n(from.begin() + static_cast<ptrdiff_t>(order[row] * width), width,
                to.begin() + static_cast<ptrdiff_t>(row * width));
  }
}

// The same network with its characters in another order.
Model in_other_order(const Model& model, const std::vector<int>& order) {
  Model other = model;
  std::vector<char32_t> symbols;
  for (const int id : order) symbols.push_back(model.vocabulary.symbols()[static_cast<size_t>(id)]);
  other.vocabulary = Vocabulary(symbols, Encoding::kUtf8, false);
  const Parameters& from = model.weights;
  move_rows(from.fc_weight(), other.weights.fc_weight(), order);
  move_rows(from.fc_bias(), other.weights.fc_bias(), order);
  if (!model.config().one_hot) {
    move_rows(from.embedding(), other.weights.embedding(), order);
    return other;
  }
  const auto matrix = from.weight_ih(0);
  for (size_t begin = 0; begin < matrix.size(); begin += order.size()) {
    for (size_t i = 0; i < order.size(); ++i) {
      other.weights.weight_ih(0)[begin + i] = matrix[begin + static_cast<size_t>(order[i])];
    }
  }
  return other;
}

// Losses of a short training that begins with the model, on a text with a character it lacks and
// without one it has.
std::vector<double> losses_from(const Model& model) {
  TrainingSettings settings = small_settings();
  settings.cell = model.config().cell;
  settings.one_hot = model.config().one_hot;
  settings.hidden_size = 6;
  settings.embedding_size = 4;
  std::string text;
  for (int i = 0; i < 120; ++i) text += std::vector<std::string>{"ab", "c\n", "ax", "b"}[i * 7 % 4];
  Corpus corpus = corpus_of_text(text, {}, "test");
  renumber(corpus, joined(model.vocabulary, corpus.vocabulary));
  Plan plan = make_plan(corpus, settings, true);
  EngineOptions options;
  options.device = Device::kReference;
  const auto engine = make_trainable_network(plan.config, options);
  MemoryStore store;
  WatchingObserver observer;
  Trainer trainer({.engine = *engine,
                   .batches = *plan.batches,
                   .validation = plan.parts.validation,
                   .borders = {},
                   .vocabulary = corpus.vocabulary,
                   .settings = settings,
                   .setting_values = {},
                   .seed = 7,
                   .store = &store},
                  observer);
  MersenneTwister generator(7);
  trainer.start(grown(model, fresh_values(plan.config, settings, generator)), generator,
                plan.total_steps);
  trainer.run();
  std::vector<double> losses = observer.losses;
  for (const Report& report : store.reports) {
    if (std::isfinite(report.validation_loss)) losses.push_back(report.validation_loss);
  }
  return losses;
}

TEST(InitialModel, OfAnyOrderOfCharactersLearnsTheSame) {
  for (const CellTraits& cell : kCells) {
    for (const bool one_hot : {false, true}) {
      const Model model = model_of(cell.kind, one_hot, "\nabcz");
      const std::vector<double> losses = losses_from(model);
      const std::vector<double> others = losses_from(in_other_order(model, {3, 0, 4, 2, 1}));
      ASSERT_EQ(losses.size(), others.size());
      ASSERT_GT(losses.size(), 25u);
      for (size_t i = 0; i < losses.size(); ++i) EXPECT_NEAR(losses[i], others[i], 1e-5) << i;
    }
  }
}

TEST(InitialModel, KeepsTheRowsOfItsCharactersAndTakesFreshOnesForNewOnes) {
  const Model model = model_of(CellKind::kGru, false, "\nabcz");
  ModelConfig config = model.config();
  config.vocabulary_size = kKnown + 2;
  MersenneTwister generator(3);
  const Parameters fresh = fresh_values(config, small_settings(), generator);
  const Parameters values = grown(model, fresh);
  const auto same = [](std::span<const float> a, std::span<const float> b) {
    return std::ranges::equal(a, b);
  };
  EXPECT_TRUE(same(values.embedding().first(kKnown * 4), model.weights.embedding()));
  EXPECT_TRUE(same(values.embedding().subspan(kKnown * 4), fresh.embedding().subspan(kKnown * 4)));
  EXPECT_TRUE(same(values.fc_bias().first(kKnown), model.weights.fc_bias()));
  EXPECT_TRUE(same(values.fc_weight().subspan(kKnown * 6), fresh.fc_weight().subspan(kKnown * 6)));
  EXPECT_TRUE(same(values.weight_hh(1), model.weights.weight_hh(1)));
}

TEST(InitialModel, JoinsVocabulariesWithTheModelsFirst) {
  const Vocabulary known({U'b', U'a'}, Encoding::kUtf8, false);
  const Vocabulary more({U'a', U'c', U'd'}, Encoding::kUtf8, false);
  EXPECT_EQ(joined(known, more).symbols(), (std::vector<char32_t>{U'b', U'a', U'c', U'd'}));
}

TEST(UntrainedNetwork, BeginsAsTheRunDid) {
  const ModelConfig config{.cell = CellKind::kLstm,
                           .layers = 1,
                           .hidden_size = 8,
                           .embedding_size = 4,
                           .vocabulary_size = 5};
  const Untrained usual = untrained_network(config, "");
  EXPECT_EQ(usual.init, "pytorch");
  EXPECT_EQ(usual.forget_bias, 0);
  const Untrained other = untrained_network(config, "init = \"orthogonal\"\nforget-bias = 2.0\n");
  EXPECT_EQ(other.init, "orthogonal");
  EXPECT_EQ(other.forget_bias, 2);
  // The columns of an orthogonal matrix have norm 1: a gate's eight rows sum to 8.
  double sum = 0;
  for (const float value : other.weights.weight_hh(0).first(64)) sum += double{value} * value;
  EXPECT_NEAR(sum, 8, 1e-4);
  EXPECT_EQ(untrained_network(config, "no configuration").init, "pytorch");
}

}  // namespace
}  // namespace charrnn
