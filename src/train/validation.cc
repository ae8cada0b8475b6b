#include "train/validation.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/statistics/mean_interval.h"

namespace charrnn {

// Engines evaluate a long piece in parallel slices, so pieces are long.
constexpr size_t kPiece = size_t{1} << 17;

ValidationLoss validation_loss(Network& engine, IdView text, const DocumentBorders& borders) {
  check(text.size >= 2, "a text to validate on has two characters");
  const std::unique_ptr<State> state = engine.new_state(1);
  MeanInterval losses(static_cast<int64_t>(text.size) - 1);
  std::vector<int32_t> ids;
  std::vector<float> piece;
  std::vector<uint8_t> resets;
  // Pieces overlap by one character: the last of a piece is predicted there and given in the next.
  for (size_t begin = 0; begin + 1 < text.size; begin += kPiece - 1) {
    ids.resize(std::min(kPiece, text.size - begin));
    piece.resize(ids.size() - 1);
    text.copy(begin, ids);
    if (borders.any()) {
      resets.resize(ids.size());
      borders.mark(text, begin, ids, resets);
    }
    engine.evaluate(ids, *state, piece, resets);
    losses.add(piece);
  }
  return {losses.mean(), losses.margin()};
}

}  // namespace charrnn
