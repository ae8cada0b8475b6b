// What every way of evaluating a text does.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/statistics/mean_interval.h"
#include "evaluate/evaluate.h"

namespace charrnn {

// Throws Error (kData) for a text of fewer than two characters.
void check_can_evaluate(IdView text, const UnknownCharacters& unknown);

// For the losses of all predicted characters, known or not.
MeanInterval losses_of(IdView text, const UnknownCharacters& unknown);
Evaluation evaluation_of(const MeanInterval& losses, IdView text, const UnknownCharacters& unknown);

// Resets for the ids of `text` from `begin` on; they stay empty if the text is one document.
void mark_borders(const DocumentBorders& borders, IdView text, size_t begin,
                  std::span<const int32_t> ids, std::vector<uint8_t>& resets);

}  // namespace charrnn
