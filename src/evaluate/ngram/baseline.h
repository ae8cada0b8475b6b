// Baselines for a network: an n-gram model and a compressor on the held-out part of a text, after
// its training part.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>

#include "evaluate/ngram/ngram.h"
#include "text/corpus/compression.h"

namespace charrnn {

struct Baseline {
  // Nats per character; NaN: not measured.
  double ngram_loss = std::numeric_limits<double>::quiet_NaN();
  double ngram_margin = std::numeric_limits<double>::quiet_NaN();
  int ngram_context = 0;
  std::string ngram_note;  // what a limit changed, or empty
  // Longer contexts were tried, after at least half of the training part: that they do not help is
  // the text's doing.
  bool ngram_is_conclusive = true;
  double compressor_bits_per_character = std::numeric_limits<double>::quiet_NaN();
  std::string compressor;         // its name
  std::string compressor_note;    // what a limit changed, or empty
  int64_t scored_characters = 0;  // of the held-out part, from its beginning; 0: not known
  double seconds = 0;             // that it took
};

// Takes at most about `seconds`, on one thread. If they are few, the n-gram model trains on less
// text, the compressor uses a faster preset, and either may be missing. Parts that are too short
// give no figure; of a long held-out part only the beginning is scored. should_stop: polled; true
// ends it with the figures so far.
Baseline measure_baseline(const Vocabulary& vocabulary, IdView training, IdView held_out,
                          double seconds = std::numeric_limits<double>::infinity(),
                          const std::function<bool()>& should_stop = {});

}  // namespace charrnn
