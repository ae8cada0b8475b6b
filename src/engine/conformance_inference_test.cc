// Every engine of this machine against the reference: inference of one stream and of many.
#include <functional>
#include <numeric>

#include "engine/testing/conformance.h"
#include "model/log_softmax.h"

namespace charrnn::conformance {
namespace {

class InferenceConformance : public Conformance {
 protected:
  // Reads `times` random characters in each of `streams` streams of both engines.
  void compare_advance(int streams, int times, const std::vector<Hold>& holds) {
    Pair pair(candidate(), config());
    const auto [ours, theirs] = pair.random_states(streams);
    std::vector<float> logits(static_cast<size_t>(streams) * config().vocabulary_size);
    std::vector<float> expected(logits.size());
    for (int time = 0; time < times; ++time) {
      const std::vector<int32_t> ids = pair.random_ids(streams);
      pair.engine().advance(ids, *ours, logits, holds);
      pair.reference().advance(ids, *theirs, expected, holds);
      EXPECT_LE(distance(logits, expected), pair.tolerance()) << "logits at " << time;
    }
    EXPECT_LE(distance(read(*ours, config()), read(*theirs, config())), pair.tolerance());
  }
};

TEST_P(InferenceConformance, AdvancesAsTheReferenceDoes) {
  for (const int streams : {1, 2, 7, 8, 19}) {
    SCOPED_TRACE(std::to_string(streams) + " streams");
    compare_advance(streams, 4, {});
  }
}

TEST_P(InferenceConformance, EvaluatesDocumentsEachFromZero) {
  Pair pair(candidate(), config());
  for (const int size : {2, 9, 700}) {
    const auto [ours, theirs] = pair.random_states(1);
    const std::vector<int32_t> ids = pair.random_ids(size);
    std::vector<uint8_t> resets(ids.size());
    for (size_t i = 0; i < resets.size(); ++i) resets[i] = i % 11 == 3 || i % 7 == 5 || i == 600;
    std::vector<float> surprise(ids.size() - 1), expected(ids.size() - 1);
    pair.engine().evaluate(ids, *ours, surprise, resets);
    pair.reference().evaluate(ids, *theirs, expected, resets);
    EXPECT_LE(distance(surprise, expected), pair.tolerance()) << size;
    EXPECT_LE(distance(read(*ours, config()), read(*theirs, config())), pair.tolerance()) << size;
  }
}

TEST_P(InferenceConformance, HoldsUnitsAtValues) {
  const int last_unit = config().hidden_size - 1, last_layer = config().layers - 1;
  for (const int streams : {1, 9}) {
    compare_advance(streams, 3, {{0, last_unit, 0.75f}, {last_layer, last_unit / 2, -2.0f}});
  }
}

TEST_P(InferenceConformance, GivesAStreamTheSameBitsAloneAndAmongOthers) {
  constexpr int kStreams = 19, kTimes = 3;
  Pair pair(candidate(), config());
  TrainableNetwork& engine = pair.engine();
  const size_t vocabulary = static_cast<size_t>(config().vocabulary_size);
  const auto together = pair.random_states(kStreams).first;
  const size_t hidden = static_cast<size_t>(config().hidden_size);
  const size_t vectors = static_cast<size_t>(config().layers) * config().states();

  // Streams 0, 8 and 18 alone, from the same start.
  const std::vector<float> start = read(*together, config());
  const auto part_of = [&](const std::vector<float>& values, int stream) {
    std::vector<float> part;
    for (size_t i = 0; i < vectors; ++i) {
      const auto begin = values.begin() + static_cast<ptrdiff_t>((i * kStreams + stream) * hidden);
      part.insert(part.end(), begin, begin + static_cast<ptrdiff_t>(hidden));
    }
    return part;
  };
  std::vector<std::vector<int32_t>> ids;
  std::vector<std::vector<float>> logits;
  for (int time = 0; time < kTimes; ++time) {
    ids.push_back(pair.random_ids(kStreams));
    logits.emplace_back(kStreams * vocabulary);
    engine.advance(ids.back(), *together, logits.back());
  }
  const std::vector<float> end = read(*together, config());
  for (const int stream : {0, 8, 18}) {
    SCOPED_TRACE("stream " + std::to_string(stream));
    const auto alone = engine.new_state(1);
    alone->write(part_of(start, stream));
    for (int time = 0; time < kTimes; ++time) {
      std::vector<float> own(vocabulary);
      engine.advance({{ids[time][stream]}}, *alone, own);
      EXPECT_TRUE(std::equal(own.begin(), own.end(),
                             logits[time].begin() + static_cast<ptrdiff_t>(stream * vocabulary)));
    }
    EXPECT_EQ(read(*alone, config()), part_of(end, stream));
  }
}

TEST_P(InferenceConformance, GivesEvenOddsWhereAllLogitsAreEqualHoweverLarge) {
  for (const float shift : kShifts) {
    SCOPED_TRACE(shift);
    Pair pair(candidate(), config());
    pair.shift_logits(shift, false);
    const double even = std::log(config().vocabulary_size);
    const std::vector<int32_t> ids = pair.random_ids(70);
    std::vector<float> surprise(ids.size() - 1);
    const double sum = pair.engine().evaluate(ids, *pair.engine().new_state(1), surprise);
    EXPECT_NEAR(sum / static_cast<double>(surprise.size()), even, 1e-6);
    for (const float nats : surprise) EXPECT_NEAR(nats, even, 1e-6);
    Trace trace;
    pair.engine().trace(ids, *pair.engine().new_state(1), trace);
    for (const float log_p : trace.log_probabilities) EXPECT_NEAR(log_p, -even, 1e-6);
    std::vector<float> logits(static_cast<size_t>(config().vocabulary_size));
    pair.engine().advance({{ids[0]}}, *pair.engine().new_state(1), logits);
    const LogSoftmax log_p{std::span<const float>(logits)};
    for (const float logit : logits) EXPECT_NEAR(log_p(logit), -even, 1e-6);
  }
}

TEST_P(InferenceConformance, HasProbabilitiesThatSumToOneHoweverLargeTheLogits) {
  for (const float shift : kShifts) {
    SCOPED_TRACE(shift);
    Pair pair(candidate(), config());
    pair.shift_logits(shift, true);
    const std::vector<int32_t> ids = pair.random_ids(9);
    const size_t vocabulary = static_cast<size_t>(config().vocabulary_size);
    Trace trace;
    pair.engine().trace(ids, *pair.engine().new_state(1), trace);
    std::vector<float> surprise(ids.size() - 1);
    pair.engine().evaluate(ids, *pair.engine().new_state(1), surprise);
    for (size_t t = 0; t < ids.size(); ++t) {
      double sum = 0;
      for (size_t i = 0; i < vocabulary; ++i) {
        sum += std::exp(double{trace.log_probabilities[t * vocabulary + i]});
      }
      EXPECT_NEAR(sum, 1, 1e-6) << "at " << t;
      if (t + 1 == ids.size()) break;
      const float log_p = trace.log_probabilities[t * vocabulary + static_cast<size_t>(ids[t + 1])];
      EXPECT_NEAR(surprise[t], -log_p, 1e-5 * (1 + std::abs(log_p))) << "at " << t;
    }
  }
}

// After each, a state that is new to the engine goes on with the same values as the old one. (The
// reference's are doubles inside, so not to the same bits.)
TEST_P(InferenceConformance, NoticesWhateverChangesAState) {
  Pair pair(candidate(), config());
  TrainableNetwork& engine = pair.engine();
  const auto state = pair.random_states(2).first, other = pair.random_states(2).first;
  const std::vector<float> written = pair.random_values(read(*state, config()).size());
  std::vector<float> logits(2 * static_cast<size_t>(config().vocabulary_size));
  std::vector<float> expected(logits.size());
  const std::vector<std::pair<const char*, std::function<void()>>> changes = {
      {"nothing", [] {}},
      {"advance of another", [&] { engine.advance(pair.random_ids(2), *other, logits); }},
      {"write", [&] { state->write(written); }},
      {"clear", [&] { state->clear(); }},
      {"clear_stream", [&] { state->clear_stream(1); }},
      {"copy_stream", [&] { state->copy_stream(1, 0); }},
      {"advance of one stream",
       [&] {
         engine.advance(pair.random_ids(1), *state, std::span(logits).first(logits.size() / 2));
       }},
      {"gradient", [&] {
         const std::vector<int32_t> ids = pair.random_ids(4);
         Parameters gradient(config());
         engine.gradient({2, 2, ids, ids}, *state, gradient);
       }}};
  for (const auto& [name, change] : changes) {
    for (int time = 0; time < 2; ++time) engine.advance(pair.random_ids(2), *state, logits);
    change();
    const auto fresh = engine.new_state(2);
    fresh->write(read(*state, config()));
    const std::vector<int32_t> ids = pair.random_ids(2);
    engine.advance(ids, *state, logits);
    engine.advance(ids, *fresh, expected);
    EXPECT_LE(distance(logits, expected), 1e-5) << name;
    EXPECT_LE(distance(read(*state, config()), read(*fresh, config())), 1e-5) << name;
  }
}

TEST_P(InferenceConformance, AdvancesOnlyAsManyStreamsAsItIsGiven) {
  Pair pair(candidate(), config());
  const auto state = pair.random_states(5).first;
  const std::vector<float> before = read(*state, config());
  std::vector<float> logits(2 * static_cast<size_t>(config().vocabulary_size));
  pair.engine().advance(pair.random_ids(2), *state, logits);
  const std::vector<float> after = read(*state, config());
  const size_t hidden = static_cast<size_t>(config().hidden_size);
  for (size_t i = 0; i < before.size(); ++i) {
    const size_t stream = i / hidden % 5;
    if (stream >= 2) {
      EXPECT_EQ(after[i], before[i]);
    }
  }
  EXPECT_NE(after, before);
}

TEST_P(InferenceConformance, FindsTheReferencesLossOfAText) {
  Pair pair(candidate(), config());
  for (const int length : {0, 1, 2, 300}) {
    SCOPED_TRACE(std::to_string(length) + " characters");
    const std::vector<int32_t> ids = pair.random_ids(length);
    const auto [ours, theirs] = pair.random_states(1);
    std::vector<float> surprise(length > 0 ? length - 1 : 0), expected(surprise.size());
    const double loss = pair.engine().evaluate(ids, *ours, surprise);
    const double expected_loss = pair.reference().evaluate(ids, *theirs, expected);
    EXPECT_NEAR(loss, expected_loss, pair.tolerance() * expected_loss);
    EXPECT_LE(distance(surprise, expected), pair.tolerance());
    EXPECT_NEAR(std::accumulate(surprise.begin(), surprise.end(), 0.0), loss, 1e-5 * loss);
    EXPECT_LE(distance(read(*ours, config()), read(*theirs, config())), pair.tolerance());
  }
}

TEST_P(InferenceConformance, FindsTheSameLossOfATextInPieces) {
  Pair pair(candidate(), config());
  const std::vector<int32_t> ids = pair.random_ids(200);
  const auto whole = pair.engine().new_state(1), pieces = pair.engine().new_state(1);
  const double expected = pair.engine().evaluate(ids, *whole);
  double loss = 0;
  const std::span<const int32_t> text = ids;
  for (const auto& [begin, end] : {std::pair(0, 70), std::pair(69, 71), std::pair(70, 200)}) {
    loss += pair.engine().evaluate(text.subspan(begin, end - begin), *pieces);
  }
  EXPECT_NEAR(loss, expected, pair.tolerance() * expected);
  EXPECT_LE(distance(read(*pieces, config()), read(*whole, config())), pair.tolerance());
}

TEST_P(InferenceConformance, TracesWhatTheReferenceComputes) {
  Pair pair(candidate(), config());
  const std::vector<int32_t> ids = pair.random_ids(37);
  const auto [ours, theirs] = pair.random_states(1);
  Trace trace, expected;
  pair.engine().trace(ids, *ours, trace);
  pair.reference().trace(ids, *theirs, expected);
  EXPECT_EQ(trace.times, expected.times);
  EXPECT_LE(distance(trace.hidden, expected.hidden), pair.tolerance());
  EXPECT_LE(distance(trace.cell, expected.cell), pair.tolerance());
  EXPECT_LE(distance(trace.saved, expected.saved), pair.tolerance());
  EXPECT_LE(distance(trace.log_probabilities, expected.log_probabilities), pair.tolerance());
  EXPECT_LE(distance(read(*ours, config()), read(*theirs, config())), pair.tolerance());
}

TEST_P(InferenceConformance, IsAsSensitiveToEachCharacterAsTheReference) {
  Pair pair(candidate(), config());
  for (const int length : {1, 5, 40}) {
    const std::vector<int32_t> ids = pair.random_ids(length);
    const int32_t target = pair.random_ids(1)[0];
    EXPECT_LE(
        distance(pair.engine().sensitivity(ids, target), pair.reference().sensitivity(ids, target)),
        2 * pair.tolerance())  // few values: their roundings do not average out
        << length << " characters";
  }
  EXPECT_TRUE(pair.engine().sensitivity({}, 0).empty());
}

TEST_P(InferenceConformance, CanBeStoppedWhileItIsAskedHowSensitiveItIs) {
  Pair pair(candidate(), config());
  const std::vector<int32_t> ids = pair.random_ids(40);
  int asked = 0;
  EXPECT_TRUE(pair.engine().sensitivity(ids, 0, [&asked] { return ++asked == 1; }).empty());
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(pair.engine().sensitivity(ids, 0, [] { return false; }),
            pair.engine().sensitivity(ids, 0));
}

TEST_P(InferenceConformance, KeepsStatesApart) {
  Pair pair(candidate(), config());
  const auto state = pair.random_states(3).first;
  const std::vector<float> start = read(*state, config());
  const size_t hidden = static_cast<size_t>(config().hidden_size);
  state->copy_stream(0, 2);
  state->clear_stream(1);
  const std::vector<float> changed = read(*state, config());
  for (size_t i = 0; i < start.size(); ++i) {
    const size_t stream = i / hidden % 3;
    EXPECT_EQ(changed[i], stream == 0 ? start[i] : stream == 1 ? 0 : start[i - 2 * hidden]);
  }
  state->clear();
  EXPECT_EQ(read(*state, config()), std::vector<float>(start.size()));
  EXPECT_EQ(read(*pair.engine().new_state(3), config()), std::vector<float>(start.size()));
}

INSTANTIATE_TEST_SUITE_P(Engines, InferenceConformance,
                         testing::Combine(testing::ValuesIn(candidates()),
                                          testing::ValuesIn(shapes())),
                         name_of_pair);

}  // namespace
}  // namespace charrnn::conformance
