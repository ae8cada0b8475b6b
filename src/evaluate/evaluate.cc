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

void check_can_evaluate(IdView text) {
  if (text.size >= 2) return;
  throw Error(ErrorKind::kData, "text_too_short",
              fmt::format("cannot evaluate a text of {} character{}: the first is given, and there "
                          "is none left to predict",
                          text.size, text.size == 1 ? "" : "s"),
              "give a text of two characters or more");
}

Evaluation evaluation_of(const MeanInterval& losses) {
  Evaluation result;
  result.characters = losses.count() + 1;
  result.predicted = losses.count();
  result.loss = losses.mean();
  result.margin = losses.margin();
  return result;
}

void mark_borders(const DocumentBorders& borders, IdView text, size_t begin,
                  std::span<const int32_t> ids, std::vector<uint8_t>& resets) {
  if (!borders.any()) return;
  resets.resize(ids.size());
  borders.mark(text, begin, ids, resets);
}

double Evaluation::bits_per_character() const { return loss / std::numbers::ln2; }

double Evaluation::perplexity() const { return std::exp(loss); }

Evaluation evaluate(Network& network, IdView text, const std::function<void(int64_t)>& progress,
                    const SurpriseSink& surprise, const DocumentBorders& borders) {
  check_can_evaluate(text);
  const auto state = network.new_state(1);
  MeanInterval losses(text.size - 1);
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
    losses.add(piece);
    if (surprise) surprise(piece);
    if (progress) progress(begin + predicted + 1);
  }
  return evaluation_of(losses);
}

}  // namespace charrnn
