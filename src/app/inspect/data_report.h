// What `charrnn data` measures about a text.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "evaluate/copies.h"
#include "evaluate/ngram/ngram.h"
#include "text/corpus/compression.h"
#include "text/corpus/corpus.h"
#include "text/corpus/statistics.h"

namespace charrnn {

// Large texts are measured in part; the report says how many characters that is.
struct DataLimits {
  size_t entropy_characters = size_t{16} << 20;  // the first ones of the text
  size_t scored_characters = size_t{1} << 20;    // the first ones of the held-out part
  size_t copy_characters = size_t{1} << 18;      // of those, looked for in the training part
  bool ngrams = true;                            // count them
  int threads = 1;                               // 0: one for each core
  NgramLimits ngram;
  CompressionLimits compression;
};

// Copies of at least this many characters count as a leak from training to validation.
constexpr int64_t kLeakLength = 50;

struct DataReport {
  std::vector<uint64_t> counts;   // by id
  std::vector<int32_t> by_count;  // ids, the most frequent first
  LineStatistics lines;
  std::vector<double> entropies;  // bits per character, by order
  size_t entropy_characters = 0;
  Split parts;  // of the corpus
  // Of the held-out part; false if one of the parts is too short.
  bool has_figures = false;
  size_t scored_characters = 0;  // of it, the first ones
  NgramReport ngram;             // of no losses if they are not counted
  CompressionReport compression;
  CopyReport copies;
};

// progress: what is being done now; may throw to stop.
DataReport make_data_report(const Corpus& corpus, double validation_fraction,
                            const DataLimits& limits,
                            const std::function<void(std::string_view)>& progress);

}  // namespace charrnn
