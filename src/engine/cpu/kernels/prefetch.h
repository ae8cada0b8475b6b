// Memory that is wanted soon, on its way while products multiply: one line with each group of k.
// Many at once would keep waiting what is read now. (All always inline: g++ takes a function that
// only fetches for one without effect, and its calls away.)
#pragma once

#include <cstdint>

namespace charrnn::cpu {

// From `at` on, `step` bytes further each time. `write`: what is written when it is there, too.
template <bool write>
struct PrefetchStream {
  const char* at;
  int step;

  [[gnu::always_inline]] void go_on() {
    // Weights stay in the second cache until their turn: they are too many for the first.
    __builtin_prefetch(at, write, write ? 3 : 2);
    at += step;
  }
};

// The weights after these: from a far cache, or from memory where others use that cache.
using WeightsAhead = PrefetchStream<false>;

// Nothing else.
struct NothingAhead {
  static constexpr bool kFetches = false;
};

// The records of `blocks` unit blocks at one time, [block][rows][values], that the cell's formulas
// read or write when their products are done. They were last touched a whole sequence ago: waiting
// for them took as long as the formulas.
template <class V, class Value, int values, int blocks>
struct RecordAhead {
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

// One after the other, while the product's parts go by: a share of the parts for each. (Side by
// side they would be more lines with each k, most of them asked for already: products took 2 %
// longer.)
template <class A, class B>
struct BothAhead {
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
