// For tests: collects what a generator's sink receives, and computes the expected text.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "generate/generator.h"
#include "generate/testing/history_network.h"

namespace charrnn {

inline Vocabulary letters() {
  return Vocabulary({U'\n', U' ', U'a', U'b', U'c', U'é', U'😀'}, Encoding::kUtf8, false);
}

// What a sink received about one text.
struct CollectedText {
  std::string text;
  std::vector<std::string> pieces;
  std::vector<ScoredCharacter> characters;
  FinishReason finish = FinishReason::kNone;
  std::string stop;
  int after_finish = 0;  // pieces after the last one

  Generator::Sink sink() {
    return [this](const TextPiece& piece) {
      if (finish != FinishReason::kNone) ++after_finish;
      text += piece.text;
      pieces.push_back(piece.text);
      characters.insert(characters.end(), piece.characters.begin(), piece.characters.end());
      finish = piece.finish;
      stop = piece.stop;
    };
  }
};

// The ids that a request should generate, by scoring the whole history for each character.
inline std::vector<int32_t> generate_slowly(const HistoryNetwork& engine,
                                            const Vocabulary& vocabulary,
                                            const TextRequest& request) {
  std::vector<int32_t> history = request.prompt;
  if (history.empty()) history.push_back(vocabulary.find(U'\n').value_or(0));
  std::vector<int32_t> generated, counts(vocabulary.size());
  for (int64_t i = 0; i < request.max_characters; ++i) {
    const auto scores = engine.scores_after(history);
    const double uniform = sampling_uniform(request.seed, request.index, i);
    generated.push_back(draw(scores, request.sampling, counts, uniform));
    history.push_back(generated.back());
    ++counts[generated.back()];
  }
  return generated;
}

inline CollectedText run_alone(const TextRequest& request,
                               const Vocabulary& vocabulary = letters()) {
  HistoryNetwork engine(vocabulary.size());
  Generator generator(engine, vocabulary, 1);
  CollectedText collected;
  generator.add(request, collected.sink());
  while (generator.step()) {
  }
  EXPECT_EQ(collected.after_finish, 0);
  return collected;
}

inline TextRequest request_of(std::string_view prompt, uint64_t seed, int64_t max_characters) {
  TextRequest request;
  request.prompt = letters().encode(prompt).ids;
  request.seed = seed;
  request.max_characters = max_characters;
  return request;
}

}  // namespace charrnn
