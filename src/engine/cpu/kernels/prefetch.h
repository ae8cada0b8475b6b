// Software prefetching while products multiply: one cache line with each group of k. Many at once
// would delay what is read now. (Always inline: g++ takes a function that only prefetches for one
// without effect, and removes its calls.)
#pragma once

#include <cstdint>

namespace charrnn::cpu {

// Lines from `at` on, `step` bytes apart. `write`: for memory that is written, too.
template <bool write>
struct PrefetchStream {
  const char* at;
  int step;

  [[gnu::always_inline]] void next() {
    // Weights go to L2 until their turn: they are too many for L1.
    __builtin_prefetch(at, write, write ? 3 : 2);
    at += step;
  }
};

// The weights of the next part, from a shared cache or from memory.
using WeightPrefetch = PrefetchStream<false>;

// No other stream beside the weights.
struct NoPrefetch {
  static constexpr bool kFetches = false;
};

// The saved activations of `blocks` unit blocks at one time, [block][rows][values], that the cell's
// formulas read or write when their products are done. They were last touched a whole sequence ago:
// waiting for them took as long as the formulas.
template <class V, class Value, int values, int blocks>
struct PrefetchSaved {
  // With shorter vectors there is no room in the loops: four instructions a cycle are theirs.
  static constexpr bool kFetches = sizeof(V) >= 64;
  static constexpr int kBytes = blocks * values * static_cast<int>(sizeof(Value));  // of a row
  using Stream = PrefetchStream<true>;

  const Value* first;    // of the first block
  int64_t block_stride;  // in values

  // While part `part` of `parts` of the product for the rows [row, row + rows) is made, in
  // `groups` groups of k.
  template <int rows>
  [[gnu::always_inline]] Stream stream(int row, int part, int parts, int groups) const {
    constexpr int kBlock = rows * values;
    const int each = (blocks * kBlock + parts - 1) / parts, place = part * each;
    const Value* at =
        first + place / kBlock * block_stride + int64_t{row} * values + place % kBlock;
    return {reinterpret_cast<const char*>(at), each * static_cast<int>(sizeof(Value)) / groups};
  }
};

// Two streams one after the other, each during its share of the product's parts. (Side by side they
// would be more lines with each k, most of them prefetched already: products took 2 % longer.)
template <class A, class B>
struct PrefetchBoth {
  static constexpr bool kFetches = A::kFetches;
  static constexpr int kBytes = A::kBytes + B::kBytes;
  using Stream = PrefetchStream<true>;

  A a;
  B b;

  template <int rows>
  [[gnu::always_inline]] Stream stream(int row, int part, int parts, int groups) const {
    const int share = parts * A::kBytes / kBytes, parts_of_a = share > 0 ? share : 1;
    if (part < parts_of_a) return a.template stream<rows>(row, part, parts_of_a, groups);
    return b.template stream<rows>(row, part - parts_of_a, parts - parts_of_a, groups);
  }
};

}  // namespace charrnn::cpu
