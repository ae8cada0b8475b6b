#include "generate/generation_sequence.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"
#include "base/top_k.h"
#include "model/log_softmax.h"

namespace charrnn {
namespace {

void check_number(double value, double min, double max, std::string_view name) {
  if (value >= min && value <= max) return;  // false for NaN
  throw Error(ErrorKind::kUsage, "sampling_setting", fmt::format("{} cannot be {}", name, value),
              fmt::format("it goes from {} to {}", min, max));
}

void check_request(const TextRequest& request, int vocabulary_size) {
  constexpr double kHuge = std::numeric_limits<double>::max();
  const SamplingSettings& sampling = request.sampling;
  check_number(sampling.temperature, 0, kHuge, "the temperature");
  check_number(sampling.top_k, 0, std::numeric_limits<int>::max(), "top-k");
  check_number(sampling.top_p, 0, 1, "top-p");
  check_number(sampling.min_p, 0, 1, "min-p");
  check_number(sampling.presence_penalty, -kHuge, kHuge, "the presence penalty");
  check_number(sampling.frequency_penalty, -kHuge, kHuge, "the frequency penalty");
  for (const auto& [id, bias] : sampling.bias) {
    check_number(bias, -kHuge, kHuge, fmt::format("the bias of character {}", id));
  }
  for (const int32_t id : request.prompt) {
    check(id >= 0 && id < vocabulary_size, "the prompt's ids are of the vocabulary");
  }
}

// As the model would write them: a vocabulary of lower-case letters never writes "ROMEO:".
std::vector<std::string> writable_stops(const std::vector<std::string>& stops,
                                        const Vocabulary& vocabulary) {
  std::vector<std::string> result;
  for (const std::string& stop : stops) {
    if (stop.empty()) {
      throw Error(ErrorKind::kUsage, "stop_empty", "a stop string is empty",
                  "give at least one character, or leave the stop string out");
    }
    const Vocabulary::Encoded encoded = vocabulary.encode(stop);
    result.push_back(encoded.unknown.empty() ? vocabulary.text(encoded.ids) : stop);
  }
  return result;
}

}  // namespace

GenerationSequence::GenerationSequence(int64_t number, TextRequest request, Generator::Sink sink,
                                       const Vocabulary& vocabulary)
    : number_(number),
      request_(std::move(request)),
      sink_(std::move(sink)),
      vocabulary_(vocabulary),
      stops_(writable_stops(request_.stop, vocabulary)),
      start_(vocabulary.find(U'\n').value_or(0)) {
  check_request(request_, vocabulary.size());
  const SamplingSettings& sampling = request_.sampling;
  if (sampling.presence_penalty != 0 || sampling.frequency_penalty != 0) {
    counts_.resize(vocabulary.size());
  }
}

void GenerationSequence::begin() {
  const bool score_prompt = scores_wanted() && request_.score_prompt;
  if (score_prompt && !request_.prompt.empty()) keep_scored(request_.prompt[0], true, {});
  const bool more_to_score = score_prompt && request_.prompt.size() > 1;
  if (request_.max_characters == 0 && !more_to_score) finish(FinishReason::kLength);
}

int32_t GenerationSequence::input() const {
  if (inputs_read_ < request_.prompt.size()) return request_.prompt[inputs_read_];
  return generated_ > 0 ? last_ : start_;
}

void GenerationSequence::read(std::span<const float> scores) {
  ++inputs_read_;
  if (inputs_read_ < request_.prompt.size()) {
    read_prompt(scores);
  } else {
    generate(scores);
  }
}

void GenerationSequence::read_prompt(std::span<const float> scores) {
  if (!scores_wanted() || !request_.score_prompt) return;
  keep_scored(request_.prompt[inputs_read_], true, scores);
  const bool last = inputs_read_ + 1 == request_.prompt.size();
  if (last && request_.max_characters == 0) return finish(FinishReason::kLength);
  send(FinishReason::kNone);
}

void GenerationSequence::generate(std::span<const float> scores) {
  const double uniform = sampling_uniform(request_.seed, request_.index, generated_);
  last_ = draw(scores, request_.sampling, counts_, uniform);
  if (!counts_.empty()) ++counts_[last_];
  ++generated_;
  const std::string text = vocabulary_.text(last_);
  waiting_ += text;
  stops_.read(text);
  if (scores_wanted()) keep_scored(last_, false, scores);
  if (stops_.matched() != StopMatcher::kNone) return finish(FinishReason::kStop);
  if (generated_ == request_.max_characters) return finish(FinishReason::kLength);
  send(FinishReason::kNone);
}

// scores: empty for the first character of a text, which is not predicted.
void GenerationSequence::keep_scored(int32_t id, bool in_prompt, std::span<const float> scores) {
  ScoredCharacter character{id, in_prompt, std::numeric_limits<double>::quiet_NaN(), {}};
  if (!scores.empty()) {
    const LogSoftmax log_p(scores);
    character.log_probability = log_p(scores[id]);
    for (const int32_t top : top_k_ids(scores, request_.top_log_probabilities)) {
      character.top.emplace_back(top, log_p(scores[top]));
    }
  }
  held_.push_back({std::move(character), in_prompt ? 0 : sent_ + waiting_.size()});
}

void GenerationSequence::finish(FinishReason reason) {
  done_ = true;
  send(reason);
}

void GenerationSequence::send(FinishReason reason) {
  const bool whole = reason == FinishReason::kLength;  // what was held back is no stop string
  const size_t bytes = waiting_.size() - (whole ? 0 : stops_.held());
  TextPiece piece;
  piece.text = waiting_.substr(0, bytes);
  piece.finish = reason;
  if (reason == FinishReason::kStop) piece.stop = request_.stop[stops_.matched()];
  waiting_.erase(0, bytes);
  sent_ += bytes;
  while (!held_.empty() && held_.front().end <= sent_) {
    piece.characters.push_back(std::move(held_.front().character));
    held_.pop_front();
  }
  const bool empty = piece.text.empty() && piece.characters.empty();
  if (!empty || reason != FinishReason::kNone) sink_(piece);
}

}  // namespace charrnn
