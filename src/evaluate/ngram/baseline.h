// The figures that a network must beat: what an n-gram model and a compressor make of the held-out
// part of a text once they have seen its training part.
#pragma once

#include <functional>
#include <limits>
#include <string>
#include <string_view>

#include "evaluate/ngram/ngram.h"
#include "text/corpus/compression.h"

namespace charrnn {

struct Baseline {
  // Nats a character, NaN where there is no figure.
  double ngram_loss = std::numeric_limits<double>::quiet_NaN();
  double ngram_margin = std::numeric_limits<double>::quiet_NaN();
  int ngram_context = 0;
  std::string ngram_note;  // what a limit has changed, or empty
  double compressor_bits_per_character = std::numeric_limits<double>::quiet_NaN();
  std::string compressor;  // its name; what a limit has changed
  double seconds = 0;      // that it took
};

// Takes about `seconds` at most, on one thread: where they are few, the n-gram model learns from
// less, the compressor is a quicker one, and either may be missing. No figure where the parts are
// too short. Of a long held-out part the first characters are scored. should_stop: asked now and
// then; ends it with the figures so far.
Baseline measure_baseline(const Vocabulary& vocabulary, IdView training, IdView held_out,
                          double seconds = std::numeric_limits<double>::infinity(),
                          const std::function<bool()>& should_stop = {});

}  // namespace charrnn
