#include "train/validation.h"

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace charrnn {

// An engine reads a long piece as many slices side by side, so pieces are long.
constexpr size_t kPiece = size_t{1} << 17;

double validation_loss(Engine& engine, IdView text) {
  check(text.size >= 2, "a text to validate on has two characters");
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

}  // namespace charrnn
