#include "evaluate/evaluate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numbers>
#include <random>
#include <vector>

#include "base/error.h"
#include "engine/factory/make_trainable_network.h"
#include "evaluate/dynamic_evaluation.h"
#include "model/testing/random_model.h"

namespace charrnn {
namespace {

constexpr int kVocabulary = 11;

std::unique_ptr<TrainableNetwork> random_engine(CellKind cell, uint32_t seed) {
  ModelConfig config;
  config.cell = cell;
  config.layers = 2;
  config.hidden_size = 7;
  config.embedding_size = 5;
  config.vocabulary_size = kVocabulary;
  EngineOptions options;
  options.device = Device::kReference;
  auto engine = make_trainable_network(config, options);
  engine->load_weights(random_model(config, seed).weights);
  return engine;
}

IdArray random_text(int size, uint32_t seed) {
  std::mt19937 random(seed);
  IdArray ids(kVocabulary);
  for (int i = 0; i < size; ++i) ids.push_back(static_cast<int32_t>(random() % kVocabulary));
  return ids;
}

// The loss of each character but the first, read one at a time.
std::vector<double> losses_slowly(Network& engine, IdView text) {
  const auto state = engine.new_state(1);
  std::vector<double> losses;
  std::vector<float> scores(kVocabulary);
  for (size_t i = 0; i + 1 < text.size; ++i) {
    const int32_t id = text[i];
    engine.advance(std::span(&id, 1), *state, scores);
    double sum = 0;
    for (const float score : scores) sum += std::exp(static_cast<double>(score));
    losses.push_back(std::log(sum) - scores[text[i + 1]]);
  }
  return losses;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

TEST(Evaluate, EqualsReadingOneCharacterAtATime) {
  for (const CellKind cell : {CellKind::kRnn, CellKind::kLstm, CellKind::kGru}) {
    for (const int size : {2, 3, 65536, 65537, 65538, 70000}) {
      const auto engine = random_engine(cell, size);
      const IdArray text = random_text(size + 3, 5);
      const IdView part = view(text).part(3, size);
      const auto expected = losses_slowly(*engine, part);
      std::vector<float> surprise;
      int64_t done = 0;
      const Evaluation result = evaluate(
          *engine, part, [&done](int64_t now) { done = now; },
          [&surprise](std::span<const float> piece) {
            surprise.insert(surprise.end(), piece.begin(), piece.end());
          });
      EXPECT_EQ(result.characters, size);
      EXPECT_EQ(result.predicted, size - 1);
      EXPECT_EQ(done, size);
      EXPECT_NEAR(result.loss, mean(expected), 1e-6);
      ASSERT_EQ(surprise.size(), expected.size());
      for (size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(surprise[i], expected[i], 1e-5);
      EXPECT_EQ(std::isnan(result.margin), size < 81);
    }
  }
}

TEST(Evaluation, GivesTheLossAsBitsAndAsPerplexity) {
  Evaluation result;
  result.loss = 3 * std::numbers::ln2;
  EXPECT_NEAR(result.bits_per_character(), 3, 1e-14);
  EXPECT_NEAR(result.perplexity(), 8, 1e-14);
}

TEST(Evaluate, RefusesTextsWithNothingToPredict) {
  const auto engine = random_engine(CellKind::kGru, 1);
  for (const int size : {0, 1}) {
    const IdArray text = random_text(size, 1);
    EXPECT_THROW(evaluate(*engine, view(text)), Error);
    EXPECT_THROW(evaluate_dynamically(*engine, view(text)), Error);
  }
}

TEST(Evaluate, StopsWhereProgressThrows) {
  const auto engine = random_engine(CellKind::kGru, 1);
  const IdArray text = random_text(5000, 1);
  EXPECT_THROW(evaluate(*engine, view(text), [](int64_t) { throw 7; }), int);
}

TEST(EvaluateDynamically, EqualsTheStaticLossWhereNothingIsLearned) {
  for (const int size : {2, 33, 34, 500}) {
    const auto engine = random_engine(CellKind::kLstm, 3);
    const IdArray text = random_text(size, 4);
    const Evaluation expected = evaluate(*engine, view(text));
    DynamicSettings settings;
    settings.learning_rate = 0;
    int64_t done = 0;
    const Evaluation result =
        evaluate_dynamically(*engine, view(text), settings, [&done](int64_t now) { done = now; });
    EXPECT_NEAR(result.loss, expected.loss, 1e-6);
    EXPECT_EQ(result.predicted, size - 1);
    EXPECT_EQ(done, size);
  }
}

TEST(EvaluateDynamically, PredictsEachCharacterBeforeItLearnsFromIt) {
  // The first 300 predictions do not depend on the text after them; the first update comes
  // after 32.
  const IdArray text = random_text(900, 4);
  const auto sum_of = [&text](int size) {
    const auto engine = random_engine(CellKind::kGru, 3);
    DynamicSettings settings;
    settings.learning_rate = 0.01;
    settings.steps = 30;
    return evaluate_dynamically(*engine, view(text).part(0, size), settings).loss * (size - 1);
  };
  const auto engine = random_engine(CellKind::kGru, 3);
  const auto expected = losses_slowly(*engine, view(text).part(0, 31));
  EXPECT_NEAR(sum_of(31), mean(expected) * 30, 1e-5);

  // The slow version: predict 30 characters with the weights as they are, then learn from them.
  double sum = 0;
  const auto state = engine->new_state(1), reading = engine->new_state(1);
  Update update;
  update.learning_rate = 0.01f;
  std::vector<float> carried(2 * 7), scores(kVocabulary);
  for (int begin = 0; begin < 300; begin += 30) {
    std::vector<int32_t> ids(31);
    text.copy(begin, ids);
    state->read(carried);
    reading->write(carried);
    sum += engine->evaluate(ids, *reading);
    engine->train_step({30, 1, std::span(ids).first(30), std::span(ids).last(30)}, *state, update);
    ++update.step;
  }
  EXPECT_NEAR(sum_of(301), sum, 1e-4);
}

TEST(EvaluateDynamically, LearnsATextThatRepeatsItself) {
  IdArray text(kVocabulary);
  for (int i = 0; i < 3000; ++i) text.push_back(i * i % kVocabulary);
  const auto engine = random_engine(CellKind::kLstm, 6);
  const double before = evaluate(*engine, view(text)).loss;
  DynamicSettings settings;
  settings.learning_rate = 0.02;
  EXPECT_LT(evaluate_dynamically(*engine, view(text), settings).loss, before / 2);
}

TEST(Evaluate, PutsUnknownCharactersWhereTheyStand) {
  const auto engine = random_engine(CellKind::kGru, 3);
  const IdArray ids = random_text(70000, 8);  // more than the network reads at a time
  std::vector<float> known;
  evaluate(*engine, view(ids), {}, [&](std::span<const float> piece) {
    known.insert(known.end(), piece.begin(), piece.end());
  });
  UnknownCharacters unknown(2.5);
  std::vector<float> expected = {2.5};
  const std::map<size_t, int> places = {{0, 1},     {1, 2},     {65535, 1},
                                        {65536, 3}, {65537, 1}, {70000, 70000}};
  for (const auto& [place, count] : places) {
    for (int i = 0; i < count; ++i) unknown.add_before(place);
  }
  for (size_t id = 1; id <= ids.size(); ++id) {
    if (places.contains(id)) expected.insert(expected.end(), places.at(id), 2.5f);
    if (id < ids.size()) expected.push_back(known[id - 1]);
  }
  std::vector<float> merged;
  const Evaluation result = evaluate(
      *engine, view(ids), {},
      [&](std::span<const float> piece) {
        merged.insert(merged.end(), piece.begin(), piece.end());
      },
      {}, unknown);
  EXPECT_EQ(merged, expected);
  EXPECT_EQ(result.predicted, static_cast<int64_t>(expected.size()));
  EXPECT_EQ(result.characters, 70000 + unknown.count());
  EXPECT_NEAR(result.loss, mean({expected.begin(), expected.end()}), 1e-9);
  EXPECT_NEAR(result.known_loss(), mean({known.begin(), known.end()}), 1e-6);
  EXPECT_EQ(unknown.from(65536).count(), 70004);
  EXPECT_EQ(unknown.from(65536).runs().front().before, 0u);
}

}  // namespace
}  // namespace charrnn
