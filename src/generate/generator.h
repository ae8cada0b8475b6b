// Generates many texts at once from one model: each step reads one character for every text that is
// under way, so that they share the pass over the weights. A text joins at any step and leaves when
// it is done. What it says depends on its own request alone, never on its neighbours.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "generate/sampler.h"
#include "text/characters/vocabulary.h"

namespace charrnn {

enum class FinishReason { kNone, kLength, kStop, kCancelled };

struct TextRequest {
  std::vector<int32_t> prompt;  // may be empty: then the state is zero and a newline (or, where the
                                // vocabulary has none, the first character) is read first
  SamplingSettings sampling;
  uint64_t seed = 0;
  uint64_t index = 0;              // number of the text among those of one seed
  int64_t max_characters = 2000;   // -1: endless
  std::vector<std::string> stop;   // the text ends before the first of these; none is empty
  int top_log_probabilities = -1;  // -1: none; N: each character's own and the N likeliest
  bool score_prompt = false;       // also for the characters of the prompt (OpenAI's echo)
};

struct ScoredCharacter {
  int32_t id = 0;
  bool in_prompt = false;
  double log_probability =
      0;  // under the model at temperature 1; NaN for the first character of a text
  std::vector<std::pair<int32_t, double>> top;
};

// Part of a text, in order. Characters are whole; what may be the beginning of a stop string is
// held back.
struct TextPiece {
  std::string text;
  std::vector<ScoredCharacter> characters;    // where asked for; prompt first
  FinishReason finish = FinishReason::kNone;  // other than kNone: the last piece
  std::string stop;                           // which stop string ended it
};

class Generator {
 public:
  // capacity: texts under way at once; further ones wait their turn.
  Generator(Engine& engine, const Vocabulary& vocabulary, int capacity);
  ~Generator();

  // For a model of separate documents: the state is zero before this character is read, in prompts
  // too. -1: none.
  void forget_before(int32_t id);

  using Sink = std::function<void(const TextPiece&)>;
  // The sink is called from step(). Returns the text's number for cancel().
  int64_t add(TextRequest request, Sink sink);
  void cancel(int64_t number);  // its sink is not called again

  // One character for every text under way. False where there was nothing to do.
  bool step();
  int under_way() const;
  int waiting() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace charrnn
