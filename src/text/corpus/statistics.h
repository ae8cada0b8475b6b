// What is in a text: counts, lines and how predictable it is from a few characters.
#pragma once

#include <cstdint>
#include <vector>

#include "text/corpus/corpus.h"

namespace charrnn {

struct LineStatistics {
  uint64_t lines = 0;      // ended by LF, CRLF or CR, and an unterminated last one
  double mean_length = 0;  // characters, without the line's end
  uint64_t median_length = 0;
  uint64_t max_length = 0;
  uint64_t longest_line = 0;  // its number, from 1
  bool ends_with_newline = false;
  uint64_t lf = 0, crlf = 0, cr = 0;  // how many ends of each kind
};

// How often each id occurs.
std::vector<uint64_t> count_ids(const IdArray& ids, int vocabulary_size);

LineStatistics line_statistics(const Corpus& corpus);

// Empirical conditional entropy in bits per character, by context length k = 0 … max_order. With
// N(h c) the number of times that c follows the k characters h in the text,
//   H_k = sum over h, c of N(h c) log2(N(h) / N(h c)) / sum of N(h c).
// It is the loss of a model that has memorised the counts of this very text; in a short text it
// soon falls to 0. Orders too high for the text are left out.
std::vector<double> conditional_entropies(IdView text, int vocabulary_size, int max_order);

}  // namespace charrnn
