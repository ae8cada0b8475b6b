// A record that the cell's formulas read or write was touched last when its time was computed
// before: it lies in a far cache or in memory. While the products of its rows multiply it is
// fetched, a few lines with each block of k. All at once, they would keep the weights waiting.
#pragma once

#include <cstdint>

namespace charrnn::cpu {

// Nothing to fetch.
struct NothingAhead {
  template <int rows>
  [[gnu::always_inline]] void fetch(int, int, int) const {}
};

// The records of `blocks` unit blocks at one time: gates [block][rows][slots][W], hidden one slot,
// cell [state][block][rows][W]. The pointers are to the first block and row.
template <class O, int slots, int states, int blocks>
struct RecordAhead {
  using Value = typename O::Stored;
  static constexpr int W = O::V::kLanes, kLine = 64;  // bytes

  const Value *gates, *hidden;  // gates null: there is no record
  const float* cell;
  int64_t gates_stride, hidden_stride, cell_state_stride;

  // Share `part` of `parts` of what belongs to the rows [row, row + rows). (Always inline: g++
  // takes a function that only fetches for one without effect, and its calls away.)
  template <int rows>
  [[gnu::always_inline]] void fetch(int row, int part, int parts) const {
    constexpr int kValue = sizeof(Value), kRow = W * kValue;
    constexpr int kGates = lines(rows * slots * kRow), kHidden = lines(rows * kRow),
                  kCell = lines(rows * W * 4);
    constexpr int kBlock = kGates + kHidden + (states - 1) * kCell, kAll = blocks * kBlock;
    if (gates == nullptr) return;
    const int each = (kAll + parts - 1) / parts;
    const int last = (part + 1) * each < kAll ? (part + 1) * each : kAll;
    for (int line = part * each; line < last; ++line) {
      const int block = line / kBlock, in_block = line % kBlock;
      const int64_t place = block * hidden_stride + row * W;
      if (in_block < kGates) {
        fetch_line(gates + block * gates_stride + row * slots * W, in_block);
      } else if (in_block < kGates + kHidden) {
        fetch_line(hidden + place, in_block - kGates);
      } else {
        const int in_cells = in_block - kGates - kHidden;
        fetch_line(cell + in_cells / kCell * cell_state_stride + place, in_cells % kCell);
      }
    }
  }

 private:
  static constexpr int lines(int bytes) { return (bytes + kLine - 1) / kLine; }

  [[gnu::always_inline]] static void fetch_line(const void* from, int line) {
    __builtin_prefetch(static_cast<const char*>(from) + line * kLine, 1);
  }
};

}  // namespace charrnn::cpu
