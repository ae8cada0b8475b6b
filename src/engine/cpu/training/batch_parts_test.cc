#include "engine/cpu/training/batch_parts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace charrnn::cpu {
namespace {

// The sum of `width` parts from `first` on, with brackets; empty where none of them has streams.
std::string obvious_sum(const std::vector<BatchPart>& parts, int first, int width) {
  if (width == 1) {
    for (const BatchPart& part : parts) {
      if (part.index == first) return std::to_string(first);
    }
    return "";
  }
  const std::string left = obvious_sum(parts, first, width / 2);
  const std::string right = obvious_sum(parts, first + width / 2, width / 2);
  if (left.empty() || right.empty()) return left + right;
  return "(" + left + "+" + right + ")";
}

TEST(BatchParts, HaveAllStreamsOnce) {
  for (const int parts : {1, 2, 4, 8, 64}) {
    for (int groups = 1; groups < 150; ++groups) {
      int next = 0, least = groups, most = 0;
      for (const BatchPart& part : cut_batch(groups, parts)) {
        EXPECT_EQ(part.first, next);
        EXPECT_GT(part.groups, 0);
        next += part.groups;
        least = std::min(least, part.groups);
        most = std::max(most, part.groups);
      }
      EXPECT_EQ(next, groups) << parts;
      EXPECT_LE(most - least, 1) << groups << " in " << parts;
    }
  }
}

TEST(BatchParts, AreAddedInATree) {
  for (const int parts : {1, 2, 4, 8, 64}) {
    for (int groups = 1; groups < 150; ++groups) {
      const std::vector<BatchPart> cut = cut_batch(groups, parts);
      std::vector<std::string> sums;
      for (const BatchPart& part : cut) sums.push_back(std::to_string(part.index));
      for (const auto [to, from] : tree_additions(cut, parts)) {
        sums[to] = "(" + sums[to] + "+" + sums[from] + ")";
      }
      EXPECT_EQ(sums[0], obvious_sum(cut, 0, parts)) << groups << " in " << parts;
    }
  }
}

}  // namespace
}  // namespace charrnn::cpu
