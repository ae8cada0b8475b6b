// A batch is cut into parts of whole streams. Each part's gradient is summed by itself, and these
// sums are added in a tree. Both depend on the batch and the number of parts alone, and so do the
// bits of the result: not on who computes which part.
#pragma once

#include <vector>

namespace charrnn::cpu {

// Streams of a batch that every thread's work is cut from, in groups as the kernels pack them.
struct BatchPart {
  int index;          // among all parts, those without streams included
  int first, groups;  // the first group and how many
};

// parts: a power of two. Those without streams are left out.
std::vector<BatchPart> cut_batch(int groups, int parts);

// The additions of the tree, in order: the sum at `to` takes in the one at `from`. These are
// positions in the list of parts; the whole sum is at 0 in the end.
//
//   0 1 2 3   of parts 0, 1, 2, 3:  (0 + 1) + (2 + 3)
//   0   2 3   of parts 0, 2, 3:      0      + (2 + 3)
struct PartAddition {
  int to, from;
  bool operator==(const PartAddition&) const = default;
};
std::vector<PartAddition> tree_additions(const std::vector<BatchPart>& parts, int all_parts);

// As many parts as a batch has where no number was chosen.
int default_parts(int streams);

}  // namespace charrnn::cpu
