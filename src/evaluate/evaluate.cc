#include "evaluate/evaluate.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/error.h"
#include "evaluate/evaluation_parts.h"

namespace charrnn {
namespace {

// Characters per call of the network, which evaluates a long piece in parallel slices.
constexpr size_t kPiece = size_t{1} << 16;

}  // namespace

void check_can_evaluate(IdView text, const UnknownCharacters& unknown) {
  const size_t size = text.size + static_cast<size_t>(unknown.count());
  if (size >= 2) return;
  throw Error(ErrorKind::kData, "text_too_short",
              fmt::format("cannot evaluate a text of {} character{}: the first is given, and there "
                          "is none left to predict",
                          size, size == 1 ? "" : "s"),
              "give a text of two characters or more");
}

MeanInterval losses_of(IdView text, const UnknownCharacters& unknown) {
  return MeanInterval(static_cast<int64_t>(text.size) + unknown.count() - 1);
}

Evaluation evaluation_of(const MeanInterval& losses, IdView text,
                         const UnknownCharacters& unknown) {
  Evaluation result;
  result.characters = losses.count() + 1;
  result.predicted = losses.count();
  result.loss = losses.mean();
  result.margin = losses.margin();
  result.unknown = unknown.count() - (text.size == 0 ? 1 : 0);
  result.unknown_cost = unknown.cost();
  return result;
}

void mark_borders(const DocumentBorders& borders, IdView text, size_t begin,
                  std::span<const int32_t> ids, std::vector<uint8_t>& resets) {
  if (!borders.any()) return;
  resets.resize(ids.size());
  borders.mark(text, begin, ids, resets);
}

double Evaluation::known_loss() const {
  if (predicted == unknown) return std::numeric_limits<double>::quiet_NaN();
  const auto known = static_cast<double>(predicted - unknown);
  return (loss * static_cast<double>(predicted) - unknown_cost * static_cast<double>(unknown)) /
         known;
}

double Evaluation::bits_per_character() const { return loss / std::numbers::ln2; }

double Evaluation::perplexity() const { return std::exp(loss); }

Evaluation evaluate(Network& network, IdView text, const std::function<void(int64_t)>& progress,
                    const SurpriseSink& surprise, const DocumentBorders& borders,
                    const UnknownCharacters& unknown) {
  check_can_evaluate(text, unknown);
  const auto state = network.new_state(1);
  MeanInterval losses = losses_of(text, unknown);
  const LossMerger::Sink take = [&](std::span<const float> merged) {
    losses.add(merged);
    if (surprise) surprise(merged);
  };
  LossMerger merger(unknown, text.size, take);
  std::vector<int32_t> ids;
  std::vector<float> piece;
  std::vector<uint8_t> resets;
  for (size_t begin = 0; begin + 1 < text.size; begin += kPiece) {
    const size_t predicted = std::min(kPiece, text.size - 1 - begin);
    ids.resize(predicted + 1);  // the last one is the next piece's first
    piece.resize(predicted);
    text.copy(begin, ids);
    mark_borders(borders, text, begin, ids, resets);
    network.evaluate(ids, *state, piece, resets);
    merger.add(piece);
    if (progress) progress(begin + predicted + 1);
  }
  merger.finish();
  return evaluation_of(losses, text, unknown);
}

}  // namespace charrnn
