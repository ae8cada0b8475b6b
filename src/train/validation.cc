#include "train/validation.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"

namespace charrnn {
namespace {

constexpr size_t kShortestPart = 8 * kLeadIn;  // so that lead-ins are a small share of the work
constexpr int kMaxStreams = 64;

// -log softmax(logits)[target]:  log(sum of exp(logits - max)) + max - logits[target]
double cross_entropy(std::span<const float> logits, int32_t target) {
  const float max = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float x : logits) sum += std::exp(x - max);
  return std::log(sum) + max - logits[target];
}

double one_stream(Engine& engine, IdView text) {
  constexpr size_t kPiece = 4096;
  const std::unique_ptr<State> state = engine.new_state(1);
  std::vector<int32_t> ids;
  double sum = 0;
  // Pieces overlap by one character: the last of a piece is predicted there and given in the next.
  for (size_t begin = 0; begin + 1 < text.size; begin += kPiece - 1) {
    ids.resize(std::min(kPiece, text.size - begin));
    text.copy(begin, ids);
    sum += engine.evaluate(ids, *state);
  }
  return sum / static_cast<double>(text.size - 1);
}

// What one stream reads and is scored on: it predicts the characters from `scored` to `end` - 1.
struct Part {
  size_t begin;
  size_t scored;
  size_t end;
};

std::vector<Part> cut(size_t size, int streams) {
  std::vector<Part> parts;
  const size_t predicted = size - 1;
  for (int i = 0; i < streams; ++i) {
    const size_t scored = 1 + predicted * i / streams, end = 1 + predicted * (i + 1) / streams;
    parts.push_back({scored - 1 > kLeadIn ? scored - 1 - kLeadIn : 0, scored, end});
  }
  return parts;
}

}  // namespace

int validation_streams(size_t size) {
  return static_cast<int>(std::clamp<size_t>(size / kShortestPart, 1, kMaxStreams));
}

double validation_loss(Engine& engine, IdView text) {
  check(text.size >= 2, "a text to validate on has two characters");
  return validation_loss(engine, text, validation_streams(text.size));
}

double validation_loss(Engine& engine, IdView text, int streams) {
  if (streams == 1) return one_stream(engine, text);
  const std::vector<Part> parts = cut(text.size, streams);
  const auto vocabulary_size = static_cast<size_t>(engine.config().vocabulary_size);
  const std::unique_ptr<State> state = engine.new_state(streams);
  std::vector<int32_t> ids(parts.size());
  std::vector<float> logits(parts.size() * vocabulary_size);
  std::vector<double> sums(parts.size());
  size_t longest = 0;
  for (const Part& part : parts) longest = std::max(longest, part.end - 1 - part.begin);
  for (size_t t = 0; t < longest; ++t) {
    // A stream that is done reads its last character again; nobody looks at what it says.
    for (size_t i = 0; i < parts.size(); ++i) {
      ids[i] = text[std::min(parts[i].begin + t, parts[i].end - 1)];
    }
    engine.advance(ids, *state, logits);
    for (size_t i = 0; i < parts.size(); ++i) {
      const size_t next = parts[i].begin + t + 1;
      if (next < parts[i].scored || next >= parts[i].end) continue;
      sums[i] += cross_entropy(std::span(logits).subspan(i * vocabulary_size, vocabulary_size),
                               text[next]);
    }
  }
  double sum = 0;
  for (const double part : sums) sum += part;
  return sum / static_cast<double>(text.size - 1);
}

}  // namespace charrnn
