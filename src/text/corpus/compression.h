// How well a general-purpose compressor does on the held-out part of a text after the training
// part: a baseline for a model.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "text/corpus/corpus.h"

namespace charrnn {

constexpr std::string_view kCompressorName = "LZMA2 (xz -9e)";
constexpr std::string_view kQuickCompressorName = "LZMA2 (xz -1)";

struct CompressionLimits {
  bool quick = false;                      // preset 1: a tenth of the time
  size_t max_training = size_t{16} << 20;  // characters; of a longer text the last ones are used
  size_t max_scored = size_t{4} << 20;     // characters; of more the first ones are used
};

// should_stop is asked before each so many characters.
constexpr int64_t kCompressionBlock = int64_t{1} << 17;

struct CompressionReport {
  double bits_per_character = 0;
  int64_t training_characters = 0;
  int64_t scored_characters = 0;
};

// Compresses the training part and flushes, then counts what the held-out part adds to the output,
// headers included. Both are in UTF-8 (or bytes). Uses liblzma's LZMA2 with preset 9e (quick: 1)
// and a dictionary that spans both parts. should_stop: polled; true ends it with a report of no
// scored characters.
CompressionReport compression_report(const Vocabulary& vocabulary, IdView training, IdView scored,
                                     const CompressionLimits& limits = {},
                                     const std::function<bool()>& should_stop = {});

}  // namespace charrnn
