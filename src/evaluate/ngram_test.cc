#include "evaluate/ngram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "base/error.h"

namespace charrnn {
namespace {

IdArray array_of(const std::vector<int32_t>& ids, int vocabulary_size) {
  IdArray array(vocabulary_size);
  for (const int32_t id : ids) array.push_back(id);
  return array;
}

// A text with some structure: each character is often a function of the two before it.
std::vector<int32_t> random_text(int size, int vocabulary_size, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<int32_t> ids = {0, 1 % vocabulary_size};
  while (static_cast<int>(ids.size()) < size) {
    const int32_t usual = (3 * ids.end()[-1] + 5 * ids.end()[-2] + 1) % vocabulary_size;
    const auto other = static_cast<int32_t>(random() % vocabulary_size);
    ids.push_back(random() % 3 == 0 ? other : usual);
  }
  ids.resize(size);
  return ids;
}

// p(c | h) straight from the definition, by going through the whole training text.
double probability_slowly(const std::vector<int32_t>& training, std::vector<int32_t> context,
                          int32_t id, int vocabulary_size) {
  int total = 0, pair = 0;
  std::set<int32_t> followers;
  for (size_t i = context.size(); i < training.size(); ++i) {
    if (!std::equal(context.begin(), context.end(), training.begin() + (i - context.size()))) {
      continue;
    }
    ++total;
    pair += training[i] == id;
    followers.insert(training[i]);
  }
  double shorter = 1.0 / vocabulary_size;
  if (!context.empty()) {
    shorter =
        probability_slowly(training, {context.begin() + 1, context.end()}, id, vocabulary_size);
  }
  if (total == 0) return shorter;
  const auto distinct = static_cast<double>(followers.size());
  return (pair + distinct * shorter) / (total + distinct);
}

TEST(NgramScores, EqualTheSlowVersion) {
  for (const int vocabulary_size : {1, 2, 5, 300}) {
    const auto training = random_text(700, vocabulary_size, 1);
    const auto scored = random_text(300, vocabulary_size, 2);
    const IdArray training_ids = array_of(training, vocabulary_size);
    const IdArray scored_ids = array_of(scored, vocabulary_size);
    NgramScores scores(view(training_ids), view(scored_ids), vocabulary_size);
    do {
      ASSERT_EQ(scores.probabilities().size(), scored.size() - 1);
      for (size_t i = 1; i < scored.size(); i += 7) {
        const size_t length = std::min<size_t>(i, scores.context());
        const std::vector<int32_t> context(scored.begin() + (i - length), scored.begin() + i);
        ASSERT_NEAR(scores.probabilities()[i - 1],
                    probability_slowly(training, context, scored[i], vocabulary_size), 1e-12)
            << "vocabulary " << vocabulary_size << ", context " << scores.context();
      }
    } while (scores.lengthen());
    EXPECT_EQ(scores.context(), 8);
  }
}

TEST(NgramScores, SumToOneOverTheCharacters) {
  constexpr int kVocabulary = 7;
  const IdArray training = array_of(random_text(500, kVocabulary, 3), kVocabulary);
  for (uint32_t seed = 10; seed < 20; ++seed) {
    std::vector<double> sums(9);
    for (int32_t id = 0; id < kVocabulary; ++id) {
      auto scored = random_text(30, kVocabulary, seed);
      scored.push_back(id);
      const IdArray scored_ids = array_of(scored, kVocabulary);
      NgramScores scores(view(training), view(scored_ids), kVocabulary);
      do {
        sums[scores.context()] += scores.probabilities().back();
      } while (scores.lengthen());
    }
    for (const double sum : sums) EXPECT_NEAR(sum, 1, 1e-12);
  }
}

TEST(NgramReport, FindsTheContextLengthOfTheText) {
  constexpr int kVocabulary = 11;
  const IdArray training = array_of(random_text(60000, kVocabulary, 5), kVocabulary);
  const IdArray scored = array_of(random_text(5000, kVocabulary, 6), kVocabulary);
  const NgramReport report = ngram_report(view(training), view(scored), kVocabulary);
  EXPECT_EQ(report.best_context, 2);
  EXPECT_EQ(report.losses.size(), 5u);  // two further lengths did not help
  EXPECT_EQ(report.predicted, 4999);
  EXPECT_EQ(report.training_characters, 60000);
  EXPECT_TRUE(report.note.empty());
  // Two thirds of the time the usual character, else any.
  const double usual = 2.0 / 3 + 1.0 / 3 / kVocabulary, other = 1.0 / 3 / kVocabulary;
  const double entropy = -usual * std::log(usual) - (kVocabulary - 1) * other * std::log(other);
  EXPECT_NEAR(report.best_loss, entropy, 0.05);
  NgramScores scores(view(training), view(scored), kVocabulary);
  for (const double loss : report.losses) {
    EXPECT_EQ(loss, scores.loss());
    scores.lengthen();
  }
}

TEST(NgramReport, SaysWhatItsLimitsHaveChanged) {
  constexpr int kVocabulary = 11;
  const IdArray training = array_of(random_text(20000, kVocabulary, 5), kVocabulary);
  const IdArray scored = array_of(random_text(2000, kVocabulary, 6), kVocabulary);
  NgramLimits limits;
  limits.max_training = 5000;
  const NgramReport last = ngram_report(view(training), view(scored), kVocabulary, limits);
  EXPECT_EQ(last.note, "trained on the last 5000 of 20000 characters");
  EXPECT_EQ(last.best_loss,
            ngram_report(view(training).part(15000, 5000), view(scored), kVocabulary).best_loss);
  limits = {};
  limits.max_bytes = 10000;
  const NgramReport small = ngram_report(view(training), view(scored), kVocabulary, limits);
  EXPECT_LT(small.losses.size(), 5u);
  EXPECT_NE(small.note.find("need more than"), std::string::npos);
}

TEST(NgramReport, RefusesTextsThatAreTooShort) {
  const IdArray one = array_of({0}, 2), none(2), some = array_of({0, 1, 1}, 2);
  EXPECT_THROW(ngram_report(view(some), view(one), 2), Error);
  EXPECT_THROW(ngram_report(view(none), view(some), 2), Error);
}

}  // namespace
}  // namespace charrnn
