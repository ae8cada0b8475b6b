#include "session/copying.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "generate/generator.h"

namespace charrnn {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kTexts = 16;                         // side by side: about the time of one
constexpr int64_t kLongest = 500, kShortest = 64;  // characters of each
constexpr int kTried = 16;                         // characters after which time is judged
constexpr int64_t kMinCopy = 20;                   // characters: what counts as a copy
constexpr double kSearchSpeed = 2e7;  // characters of the training text a second, rather less

double seconds_from(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

std::optional<Copying> measure_copying(Network& engine, const Model& model, IdView training,
                                       IdView held_out, double seconds) {
  const Clock::time_point start = Clock::now();
  if (training.size < kMinCopy) return std::nullopt;
  const double searching = static_cast<double>(training.size) / kSearchSpeed;
  if (2 * searching > 0.5 * seconds) return std::nullopt;
  engine.load_weights(model.weights);
  Generator generator(engine, model.vocabulary, kTexts);
  generator.forget_before(model.border());
  std::vector<std::string> texts(kTexts);
  for (int i = 0; i < kTexts; ++i) {
    TextRequest request;
    request.index = static_cast<uint64_t>(i);
    request.max_characters = kLongest;
    generator.add(std::move(request), [&texts, i](const TextPiece& piece) {
      texts[static_cast<size_t>(i)] += piece.text;
    });
  }
  int64_t length = 0, most = kLongest;
  while (length < most && generator.step()) {
    if (++length != kTried) continue;
    const double each = seconds_from(start) / kTried;
    most = std::min<int64_t>(kLongest, static_cast<int64_t>((seconds - 2 * searching) / each));
    if (most < kShortest) return std::nullopt;
  }
  std::vector<int32_t> sample;
  for (const std::string& text : texts) {
    const std::vector<int32_t> ids = model.vocabulary.encode(text).ids;
    sample.insert(sample.end(), ids.begin(), ids.end());
    sample.push_back(-1);  // no copy reaches from one text to the next
  }
  Copying copying;
  copying.report = find_copies(sample, training, kMinCopy);
  copying.report.characters -= kTexts;
  const auto first = sample.begin() + copying.report.sample_begin;
  copying.longest =
      model.vocabulary.text(std::vector<int32_t>(first, first + copying.report.longest));
  if (held_out.size >= kMinCopy) {
    std::vector<int32_t> other(
        std::min(held_out.size, static_cast<size_t>(copying.report.characters)));
    held_out.copy(0, other);
    copying.held_out_share = find_copies(other, training, kMinCopy).share();
  }
  return copying;
}

}  // namespace charrnn
