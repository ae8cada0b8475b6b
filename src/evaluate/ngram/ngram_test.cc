#include "evaluate/ngram/ngram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>
#include <tuple>
#include <utility>
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

// Kneser and Ney's model with whole tables, as the formulas have it.
class SlowModel {
 public:
  SlowModel(std::vector<int32_t> training, int vocabulary_size, int max_context)
      : vocabulary_size_(vocabulary_size) {
    for (int length = 0; length <= max_context; ++length) {
      for (size_t i = length; i < training.size(); ++i) {
        const auto end = training.begin() + static_cast<std::ptrdiff_t>(i);
        Followers& followers = tables_[{end - length, end}];
        ++followers.counts[0][training[i]];
        const int32_t before = i == static_cast<size_t>(length) ? -1 : *(end - length - 1);
        if (seen_.insert({length, before, {end - length, end + 1}}).second) {
          ++followers.counts[1][training[i]];
        }
      }
    }
    for (const auto& [context, followers] : tables_) {
      for (int way = 0; way < 2; ++way) {
        for (const auto& [id, count] : followers.counts[way]) {
          ++counts_of_counts_[{context.size(), way}][count];
        }
      }
    }
  }

  // way: 0 for occurrences, 1 for characters before.
  double probability(std::vector<int32_t> context, int32_t id, int way) {
    const double shorter = context.empty()
                               ? 1.0 / vocabulary_size_
                               : probability({context.begin() + 1, context.end()}, id, 1);
    const auto found = tables_.find(context);
    if (found == tables_.end()) return shorter;
    double total = 0, given = 0, own = 0;
    for (const auto& [follower, count] : found->second.counts[way]) {
      const double taken = discount(context.size(), way, count);
      total += count;
      given += taken;
      if (follower == id) own = count - taken;
    }
    return (own + given * shorter) / total;
  }

 private:
  struct Followers {
    std::map<int32_t, int> counts[2];
  };

  double discount(size_t length, int way, int count) {
    auto& n = counts_of_counts_[{length, way}];
    const int i = std::min(count, 3);
    const double y = n[1] + n[2] == 0 ? 0.5 : n[1] / (n[1] + 2.0 * n[2]);
    const double ratio = n[i] == 0 ? 0.5 : static_cast<double>(n[i + 1]) / n[i];
    return std::clamp(i - (i + 1) * y * ratio, 0.05 * i, 0.95 * i);
  }

  int vocabulary_size_;
  std::map<std::vector<int32_t>, Followers> tables_;
  std::set<std::tuple<int, int32_t, std::vector<int32_t>>> seen_;
  std::map<std::pair<size_t, int>, std::map<int, int>> counts_of_counts_;
};

TEST(NgramScores, EqualTheSlowVersion) {
  for (const int vocabulary_size : {1, 2, 5, 300}) {
    const auto training = random_text(700, vocabulary_size, 1);
    const auto scored = random_text(300, vocabulary_size, 2);
    const IdArray training_ids = array_of(training, vocabulary_size);
    const IdArray scored_ids = array_of(scored, vocabulary_size);
    SlowModel slow(training, vocabulary_size, 8);
    NgramScores scores(view(training_ids), view(scored_ids), vocabulary_size);
    do {
      ASSERT_EQ(scores.probabilities().size(), scored.size() - 1);
      for (size_t i = 1; i < scored.size(); ++i) {
        const size_t length = std::min<size_t>(i, scores.context());
        const auto end = scored.begin() + static_cast<std::ptrdiff_t>(i);
        const std::vector<int32_t> context(end - static_cast<std::ptrdiff_t>(length), end);
        const bool whole = length == static_cast<size_t>(scores.context());
        ASSERT_NEAR(scores.probabilities()[i - 1],
                    slow.probability(context, scored[i], whole ? 0 : 1), 1e-12)
            << "vocabulary " << vocabulary_size << ", context " << scores.context();
      }
    } while (scores.lengthen());
    EXPECT_EQ(scores.context(), 8);
  }
}

TEST(NgramScores, ChangeLittleWhereTheDiscountsComeFromASample) {
  constexpr int kVocabulary = 11;
  const IdArray training = array_of(random_text(60000, kVocabulary, 5), kVocabulary);
  const IdArray scored = array_of(random_text(3000, kVocabulary, 6), kVocabulary);
  NgramLimits few;
  few.sampled = 10000;
  NgramScores exact(view(training), view(scored), kVocabulary);
  NgramScores estimated(view(training), view(scored), kVocabulary, few);
  while (exact.lengthen() && estimated.lengthen()) {
    EXPECT_NEAR(estimated.loss(), exact.loss(), 0.01) << "context " << exact.context();
  }
  EXPECT_NE(estimated.loss(), exact.loss());
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

// The same on any number of threads, bit for bit, where a limit ends it as well.
TEST(NgramReport, DoesNotDependOnTheNumberOfThreads) {
  constexpr int kVocabulary = 11;
  const IdArray training = array_of(random_text(300'000, kVocabulary, 5), kVocabulary);
  const IdArray scored = array_of(random_text(3000, kVocabulary, 6), kVocabulary);
  for (const int64_t max_bytes : {int64_t{1} << 30, int64_t{600'000}}) {
    NgramLimits limits;
    limits.max_bytes = max_bytes;
    limits.sampled = 5000;
    const NgramReport one = ngram_report(view(training), view(scored), kVocabulary, limits);
    EXPECT_EQ(one.note.empty(), max_bytes > 1'000'000) << one.note;
    for (const int threads : {2, 3, 4}) {
      limits.threads = threads;
      const NgramReport several = ngram_report(view(training), view(scored), kVocabulary, limits);
      EXPECT_EQ(several.losses, one.losses) << threads;
      EXPECT_EQ(several.note, one.note);
    }
    int asked = 0;
    limits.free_threads = [&] { return ++asked % 3; };
    EXPECT_EQ(ngram_report(view(training), view(scored), kVocabulary, limits).losses, one.losses);
    EXPECT_EQ(asked, static_cast<int>(one.losses.size() + !one.note.empty()));
  }
}

TEST(NgramReport, EndsWhereItIsToldTo) {
  struct Stop {};
  constexpr int kVocabulary = 11;
  const IdArray training = array_of(random_text(300'000, kVocabulary, 5), kVocabulary);
  const IdArray scored = array_of(random_text(3000, kVocabulary, 6), kVocabulary);
  NgramLimits limits;
  limits.threads = 3;
  int polled = 0;
  limits.poll = [&] {
    if (++polled == 10) throw Stop();
  };
  EXPECT_THROW(ngram_report(view(training), view(scored), kVocabulary, limits), Stop);
  EXPECT_EQ(polled, 10);
}

TEST(NgramReport, SaysWhatItsLimitsHaveChanged) {
  constexpr int kVocabulary = 11;
  const IdArray training = array_of(random_text(20000, kVocabulary, 5), kVocabulary);
  const IdArray scored = array_of(random_text(2000, kVocabulary, 6), kVocabulary);
  NgramLimits limits;
  limits.max_training = 5000;
  const NgramReport last = ngram_report(view(training), view(scored), kVocabulary, limits);
  EXPECT_EQ(last.note, "learned from the last 5,000 of 20,000");
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
