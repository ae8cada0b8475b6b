#include "generate/generator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/error.h"
#include "generate/testing/collected_text.h"
#include "model/log_softmax.h"

namespace charrnn {
namespace {

TEST(Generator, WritesWhatScoringTheWholeHistoryGives) {
  const Vocabulary vocabulary = letters();
  const HistoryNetwork engine(vocabulary.size());
  for (uint64_t seed = 0; seed < 20; ++seed) {
    TextRequest request = request_of(seed % 3 == 0 ? "" : "abc é", seed, 40);
    request.sampling.temperature = 0.5 + 0.1 * static_cast<double>(seed);
    request.sampling.frequency_penalty = seed % 2 == 0 ? 0 : 0.4;
    const CollectedText collected = run_alone(request);
    EXPECT_EQ(collected.text, vocabulary.text(generate_slowly(engine, vocabulary, request)));
    EXPECT_EQ(collected.finish, FinishReason::kLength);
  }
}

TEST(Generator, GivesEachTextTheSameInAnyCompanyAndOrder) {
  const Vocabulary vocabulary = letters();
  std::mt19937 random(3);
  constexpr int kTexts = 40;
  std::vector<TextRequest> requests;
  std::vector<CollectedText> alone, together(kTexts);
  for (int i = 0; i < kTexts; ++i) {
    TextRequest request = request_of(std::string(random() % 9, 'a'), i / 4, 1 + random() % 60);
    request.index = i % 4;
    request.sampling.temperature = 0.5 + i % 3;
    if (i % 5 == 0) request.stop = {"ab", "c"};
    requests.push_back(request);
    alone.push_back(run_alone(request));
  }
  HistoryNetwork engine(vocabulary.size());
  Generator generator(engine, vocabulary, 16);
  for (int next = kTexts; next > 0 || generator.running() > 0;) {
    for (size_t joins = random() % 4; joins > 0 && next > 0; --joins) {
      --next;
      generator.add(requests[next], together[next].sink());
    }
    generator.step();
    EXPECT_LE(generator.running(), 16);
  }
  for (int i = 0; i < kTexts; ++i) {
    EXPECT_EQ(together[i].pieces, alone[i].pieces) << "text " << i;
    EXPECT_EQ(together[i].finish, alone[i].finish);
    EXPECT_EQ(together[i].after_finish, 0);
  }
  EXPECT_LT(engine.advances, engine.characters / 4);  // they did share passes
}

TEST(Generator, LetsFurtherTextsWaitTheirTurn) {
  const Vocabulary vocabulary = letters();
  HistoryNetwork engine(vocabulary.size());
  Generator generator(engine, vocabulary, 2);
  std::vector<CollectedText> collected(5);
  for (CollectedText& one : collected) generator.add(request_of("a", 1, 3), one.sink());
  EXPECT_EQ(generator.waiting(), 5);
  generator.step();
  EXPECT_EQ(generator.running(), 2);
  EXPECT_EQ(generator.waiting(), 3);
  while (generator.step()) {
  }
  EXPECT_EQ(generator.waiting() + generator.running(), 0);
  for (const CollectedText& one : collected) EXPECT_EQ(one.text, collected[0].text);
  EXPECT_FALSE(generator.step());
}

TEST(Generator, SendsWholeCharactersOnly) {
  TextRequest request = request_of("é", 5, 200);
  request.stop = {"😀é😀é", "é a"};
  const CollectedText collected = run_alone(request);
  bool has_emoji = false;
  for (const std::string& piece : collected.pieces) {
    EXPECT_TRUE(piece.empty() || (piece[0] & 0xc0) != 0x80) << piece;
    has_emoji = has_emoji || piece.find("😀") != std::string::npos;
  }
  EXPECT_TRUE(has_emoji);
}

TEST(Generator, SendsBytesAsTheyAreInByteEncoding) {
  const Vocabulary bytes({U'\x00', U'\x41', U'\xc3', U'\xff'}, Encoding::kBytes, false);
  TextRequest request;
  request.max_characters = 100;
  request.seed = 4;
  const CollectedText collected = run_alone(request, bytes);
  EXPECT_EQ(collected.text.size(), 100u);
  EXPECT_NE(collected.text.find('\xff'), std::string::npos);
  EXPECT_NE(collected.text.find('\0'), std::string::npos);
}

TEST(Generator, EndsBeforeAStopStringAndNeverShowsAPartOfIt) {
  int stopped = 0;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    TextRequest request = request_of("abc", seed, 80);
    const std::string whole = run_alone(request).text;
    request.stop = {"aé", "bb", "é😀c"};
    size_t first_end = std::string::npos, begin = std::string::npos;
    std::string expected_stop;
    for (const std::string& stop : request.stop) {
      const size_t place = whole.find(stop);
      if (place == std::string::npos || place + stop.size() >= first_end) continue;
      first_end = place + stop.size();
      begin = place;
      expected_stop = stop;
    }
    const CollectedText collected = run_alone(request);
    EXPECT_EQ(collected.text, whole.substr(0, begin));
    EXPECT_EQ(collected.stop, expected_stop);
    const bool stops = begin != std::string::npos;
    EXPECT_EQ(collected.finish, stops ? FinishReason::kStop : FinishReason::kLength);
    stopped += stops;
  }
  EXPECT_GT(stopped, 20);
}

TEST(Generator, SendsWhatItHeldBackWhereTheTextEndsFirst) {
  TextRequest request = request_of("a", 3, 30);
  const std::string whole = run_alone(request).text;
  const int32_t last = letters().encode(whole).ids.back();
  request.stop = {letters().text(last) + "nothing the model can write"};
  const CollectedText collected = run_alone(request);
  EXPECT_EQ(collected.text, whole);
  EXPECT_EQ(collected.finish, FinishReason::kLength);
}

TEST(Generator, LooksForStopStringsAsALowercaseModelWritesThem) {
  const Vocabulary vocabulary({U'\n', U'a', U'b'}, Encoding::kUtf8, true);
  TextRequest request;
  request.max_characters = 500;
  request.stop = {"AB"};
  const CollectedText collected = run_alone(request, vocabulary);
  EXPECT_EQ(collected.finish, FinishReason::kStop);
  EXPECT_EQ(collected.stop, "AB");
}

TEST(Generator, RefusesRequestsThatCannotBeMet) {
  const auto refuses = [](auto change) {
    TextRequest request;
    change(request);
    const Vocabulary vocabulary = letters();
    HistoryNetwork engine(vocabulary.size());
    Generator generator(engine, vocabulary, 1);
    EXPECT_THROW(generator.add(request, [](const TextPiece&) {}), Error);
    EXPECT_FALSE(generator.step());
  };
  refuses([](TextRequest& request) { request.stop = {"a", ""}; });
  refuses([](TextRequest& request) { request.stop = {"\xff"}; });
  refuses([](TextRequest& request) { request.sampling.temperature = -1; });
  refuses([](TextRequest& request) { request.sampling.temperature = std::nan(""); });
  refuses([](TextRequest& request) { request.sampling.top_p = 1.5; });
  refuses([](TextRequest& request) { request.sampling.min_p = -0.1; });
  refuses([](TextRequest& request) { request.sampling.top_k = -1; });
  refuses([](TextRequest& request) { request.sampling.bias = {{1, std::nan("")}}; });
  refuses([](TextRequest& request) { request.prompt = {7}; });
}

TEST(Generator, ScoresPromptAndTextUnderTheModelItself) {
  const Vocabulary vocabulary = letters();
  const HistoryNetwork engine(vocabulary.size());
  TextRequest request = request_of("cab", 8, 6);
  request.sampling.temperature = 0.3;  // does not change what is reported
  request.top_log_probabilities = 3;
  request.score_prompt = true;
  std::vector<int32_t> history = request.prompt;
  const auto generated = generate_slowly(engine, vocabulary, request);
  history.insert(history.end(), generated.begin(), generated.end());

  const CollectedText collected = run_alone(request);
  ASSERT_EQ(collected.characters.size(), 9u);
  for (size_t i = 0; i < history.size(); ++i) {
    const ScoredCharacter& character = collected.characters[i];
    EXPECT_EQ(character.id, history[i]);
    EXPECT_EQ(character.in_prompt, i < 3);
    if (i == 0) {
      EXPECT_TRUE(std::isnan(character.log_probability));
      EXPECT_TRUE(character.top.empty());
      continue;
    }
    auto scores = engine.scores_after(std::span(history).first(i));
    const LogSoftmax log_p{std::span<const float>(scores)};
    std::ranges::transform(scores, scores.begin(), log_p);
    EXPECT_NEAR(character.log_probability, scores[history[i]], 1e-6);
    ASSERT_EQ(character.top.size(), 3u);
    int better = 0;
    for (const float score : scores) better += score > character.top[2].second + 1e-6;
    EXPECT_EQ(better, 2);
    EXPECT_GE(character.top[0].second, character.top[1].second);
    EXPECT_NEAR(character.top[0].second, scores[character.top[0].first], 1e-6);
  }
}

TEST(Generator, ScoresAPromptWithoutWritingAnything) {
  for (const std::string prompt : {"", "a", "cab"}) {
    TextRequest request = request_of(prompt, 8, 0);
    request.top_log_probabilities = 0;
    request.score_prompt = true;
    const CollectedText collected = run_alone(request);
    EXPECT_EQ(collected.text, "");
    EXPECT_EQ(collected.characters.size(), prompt.size());
    EXPECT_EQ(collected.finish, FinishReason::kLength);
    for (const auto& character : collected.characters) EXPECT_TRUE(character.top.empty());
  }
}

TEST(Generator, LeavesOutTheCharactersOfAStopString) {
  TextRequest request = request_of("a", 2, 300);
  request.top_log_probabilities = 0;
  request.stop = {"bcb", "b é", "éc😀"};
  const CollectedText collected = run_alone(request);
  ASSERT_EQ(collected.finish, FinishReason::kStop);
  std::vector<int32_t> ids;
  for (const auto& character : collected.characters) ids.push_back(character.id);
  EXPECT_EQ(letters().text(ids), collected.text);
}

TEST(Generator, SaysNothingMoreToACancelledText) {
  const Vocabulary vocabulary = letters();
  HistoryNetwork engine(vocabulary.size());
  Generator generator(engine, vocabulary, 2);
  std::vector<CollectedText> collected(4);
  std::vector<int64_t> numbers;
  for (CollectedText& one : collected)
    numbers.push_back(generator.add(request_of("a", 1, 30), one.sink()));
  for (int i = 0; i < 5; ++i) generator.step();
  generator.cancel(numbers[0]);  // under way
  generator.cancel(numbers[3]);  // waiting
  generator.cancel(99);          // unknown
  EXPECT_EQ(generator.running(), 1);
  EXPECT_EQ(generator.waiting(), 1);
  const std::string before = collected[0].text;
  while (generator.step()) {
  }
  EXPECT_EQ(collected[0].text, before);
  EXPECT_EQ(collected[3].text, "");
  EXPECT_EQ(collected[1].text, run_alone(request_of("a", 1, 30)).text);
  EXPECT_EQ(collected[2].text, collected[1].text);
}

TEST(Generator, LetsASinkAddAndCancelTexts) {
  const Vocabulary vocabulary = letters();
  HistoryNetwork engine(vocabulary.size());
  Generator generator(engine, vocabulary, 4);
  CollectedText added, neighbour;
  int pieces = 0;
  std::optional<int64_t> own, other;
  own = generator.add(request_of("a", 1, -1), [&](const TextPiece&) {
    if (++pieces < 3) return;
    generator.cancel(*own);
    generator.cancel(*other);
    generator.add(request_of("b", 2, 5), added.sink());
  });
  other = generator.add(request_of("c", 1, -1), neighbour.sink());
  int steps = 0;
  while (generator.step()) ASSERT_LT(++steps, 100);
  EXPECT_EQ(pieces, 3);
  EXPECT_EQ(neighbour.pieces.size(), 2u);
  EXPECT_EQ(added.text, run_alone(request_of("b", 2, 5)).text);
}

}  // namespace
}  // namespace charrnn
