// Generates many texts at once from one network: each step reads one character of every running
// text, so they share a pass over the weights. Texts join at any step and leave when done. A text
// depends on its own request alone.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/network.h"
#include "generate/sampler.h"
#include "text/characters/vocabulary.h"

namespace charrnn {

enum class FinishReason { kNone, kLength, kStop, kCancelled };

struct TextRequest {
  std::vector<int32_t> prompt;  // may be empty: then the state is zero and a newline (or, where the
                                // vocabulary has none, the first character) is read first
  SamplingSettings sampling;
  uint64_t seed = 0;
  uint64_t index = 0;              // of the text under its seed
  int64_t max_characters = 2000;   // -1: endless
  std::vector<std::string> stop;   // the text ends before the first of these; none is empty
  int top_log_probabilities = -1;  // -1: none; N: each character's own and the N highest
  bool score_prompt = false;       // also for the characters of the prompt (OpenAI's echo)
};

struct ScoredCharacter {
  int32_t id = 0;
  bool in_prompt = false;
  double log_probability =
      0;  // under the model at temperature 1; NaN for the first character of a text
  std::vector<std::pair<int32_t, double>> top;
};

// A piece of a text, in order, of whole characters. A possible beginning of a stop string is held
// back.
struct TextPiece {
  std::string text;
  std::vector<ScoredCharacter> characters;    // where asked for; prompt first
  FinishReason finish = FinishReason::kNone;  // other than kNone: the last piece
  std::string stop;                           // which stop string ended it
};

class Generator {
 public:
  // Borrows network and vocabulary. capacity: the number of running texts; further ones are queued.
  // holds: units held at values in all of them.
  Generator(Network& network, const Vocabulary& vocabulary, int capacity,
            std::vector<Hold> holds = {});
  ~Generator();

  // For models of separate documents: the state is reset before this character, in prompts too; -1
  // disables it.
  void forget_before(int32_t id);

  using Sink = std::function<void(const TextPiece&)>;
  // The sink is called from step(). Returns the text's number for cancel().
  int64_t add(TextRequest request, Sink sink);
  void cancel(int64_t number);  // its sink is not called again

  // Reads one character of every running text. False if there was none.
  bool step();
  int running() const;
  int waiting() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace charrnn
