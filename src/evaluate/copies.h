// How much of a generated text is copied from the training text.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "text/characters/id_array.h"

namespace charrnn {

struct CopyReport {
  int64_t characters = 0;    // of the sample
  int64_t longest = 0;       // length of the longest stretch that occurs in the corpus verbatim
  int64_t sample_begin = 0;  // where it begins (the first of several)
  int64_t corpus_begin = 0;  // and where in the corpus (the first place)
  int64_t minimum = 0;
  int64_t copied = 0;  // characters of the sample inside copies of at least `minimum`
  double share() const {
    return characters == 0 ? 0 : static_cast<double>(copied) / static_cast<double>(characters);
  }
};

// Time is linear in the sample's plus the corpus's length. Negative ids match nothing. progress:
// called with the corpus characters done so far; may throw to stop. Throws Error (kLimit) for a
// sample whose automaton would take more than 2 GB.
CopyReport find_copies(std::span<const int32_t> sample, IdView corpus, int64_t minimum = 20,
                       const std::function<void(int64_t)>& progress = {});

}  // namespace charrnn
