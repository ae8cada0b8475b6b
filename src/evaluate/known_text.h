// A text that was read with its own vocabulary, in the ids of a model.
#pragma once

#include <cstdint>
#include <vector>

#include "text/corpus.h"
#include "text/vocabulary.h"

namespace charrnn {

struct KnownText {
  IdArray ids;                    // of the characters that the model knows
  std::vector<char32_t> unknown;  // the others, each once, in the order of their code points
  int64_t unknown_count = 0;      // how often they occur
};

// The corpus must have been read in the model's encoding and case.
KnownText in_ids_of(const Vocabulary& model, const Corpus& corpus);

}  // namespace charrnn
