// What a general compressor makes of the held-out part of a text once it has seen the training
// part: a figure to hold beside a model's.
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

struct CompressionReport {
  double bits_per_character = 0;
  int64_t training_characters = 0;
  int64_t scored_characters = 0;
};

// The training part goes through the compressor and is flushed; what the held-out part then adds to
// its output, headers and all, counts. Both in UTF-8 (or as bytes). liblzma's LZMA2 with preset 9,
// extreme (or preset 1), and a dictionary that reaches over both parts.
// should_stop: asked now and then; when it says yes, the report has no scored characters.
CompressionReport compression_report(const Vocabulary& vocabulary, IdView training, IdView scored,
                                     const CompressionLimits& limits = {},
                                     const std::function<bool()>& should_stop = {});

}  // namespace charrnn
