#include "engine/cpu/training/batch_parts.h"

#include "engine/cpu/memory/layout.h"

namespace charrnn::cpu {
namespace {

// With fewer streams, a thread that has them all reads the weights half as often.
constexpr int kStreamsOfTwoParts = 16;

}  // namespace

std::vector<BatchPart> cut_batch(int groups, int parts) {
  const auto begin = [&](int part) {
    return static_cast<int>((int64_t{groups} * part + parts - 1) / parts);
  };
  std::vector<BatchPart> cut;
  for (int i = 0; i < parts; ++i) {
    if (begin(i) < begin(i + 1)) cut.push_back({i, begin(i), begin(i + 1) - begin(i)});
  }
  return cut;
}

std::vector<PartAddition> tree_additions(const std::vector<BatchPart>& parts, int all_parts) {
  std::vector<PartAddition> additions;
  // By the index of a part: where the sum is of the block that begins there; -1: it has no streams.
  std::vector<int> sum_at(all_parts, -1);
  for (int i = 0; i < static_cast<int>(parts.size()); ++i) sum_at[parts[i].index] = i;
  for (int width = 1; width < all_parts; width *= 2) {
    for (int left = 0; left + width < all_parts; left += 2 * width) {
      const int right = left + width;
      if (sum_at[right] < 0) continue;
      if (sum_at[left] < 0) {
        sum_at[left] = sum_at[right];
      } else {
        additions.push_back({sum_at[left], sum_at[right]});
      }
    }
  }
  return additions;
}

int default_parts(int streams) { return streams < kStreamsOfTwoParts ? 1 : 2; }

}  // namespace charrnn::cpu
