// One running text of a Generator: its next input, its output, and what it holds back.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "generate/generator.h"
#include "generate/stop_matcher.h"

namespace charrnn {

class GenerationSequence {
 public:
  // Throws Error (kUsage) for a request that cannot be met. The vocabulary must outlive the text.
  GenerationSequence(int64_t number, TextRequest request, Generator::Sink sink,
                     const Vocabulary& vocabulary);

  int64_t number() const { return number_; }
  bool done() const { return done_; }
  void cancel() { done_ = true; }

  // Call once, before anything is read: ends a text that needs no network.
  void begin();
  // The character that the network reads next.
  int32_t input() const;
  // Takes the network's logits after input(). Calls the sink.
  void read(std::span<const float> scores);

 private:
  struct Held {
    ScoredCharacter character;
    size_t end;  // of its text, counted in bytes from the beginning; 0 in the prompt
  };

  bool scores_wanted() const { return request_.top_log_probabilities >= 0; }
  void read_prompt(std::span<const float> scores);
  void generate(std::span<const float> scores);
  void keep_scored(int32_t id, bool in_prompt, std::span<const float> scores);
  void finish(FinishReason reason);
  void send(FinishReason reason);

  int64_t number_;
  TextRequest request_;
  Generator::Sink sink_;
  const Vocabulary& vocabulary_;
  StopMatcher stops_;
  std::vector<int32_t> counts_;  // of generated characters; empty where no penalty is set
  int32_t start_;                // read first where the prompt is empty
  size_t inputs_read_ = 0;       // of the prompt, or of the start character
  int64_t generated_ = 0;        // characters
  int32_t last_ = 0;             // generated
  std::string waiting_;          // generated, not sent
  size_t sent_ = 0;              // bytes
  std::deque<Held> held_;
  bool done_ = false;
};

}  // namespace charrnn
