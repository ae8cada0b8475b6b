// Which windows of a text certainly do not occur in a sample (a Bloom filter of the sample's
// windows, with three bits of one word for each).
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"

namespace charrnn {

// A polynomial hash modulo 2^64 of the last `size` symbols. Before the first one, and for symbols
// below 0, the digit is 0.
class RollingHash {
 public:
  explicit RollingHash(size_t size) {
    for (size_t i = 0; i < size; ++i) oldest_ *= kBase;
  }
  // leaving: the symbol `size` places before, which the window no longer holds.
  void roll(int32_t symbol, int32_t leaving) {
    hash_ = hash_ * kBase + digit(symbol) - oldest_ * digit(leaving);
  }
  uint64_t value() const { return mix64(hash_); }

 private:
  static constexpr uint64_t kBase = 0x9e3779b97f4a7c15u;
  static uint64_t digit(int32_t symbol) { return static_cast<uint64_t>(std::max(symbol, -1) + 1); }

  uint64_t oldest_ = 1;  // kBase^size
  uint64_t hash_ = 0;
};

class WindowFilter {
 public:
  WindowFilter(std::span<const int32_t> sample, size_t size) {
    constexpr size_t kBitsEach = 32;
    words_.resize(std::bit_ceil(kBitsEach * (sample.size() + 2)) / 64);
    RollingHash hash(size);
    for (size_t i = 0; i < sample.size(); ++i) {
      hash.roll(sample[i], i < size ? -1 : sample[i - size]);
      if (i + 1 >= size) word(hash.value()) |= bits(hash.value());
    }
  }
  // False if no window of the sample has this hash.
  bool may_have(uint64_t hash) const { return (words_[place(hash)] & bits(hash)) == bits(hash); }

 private:
  static uint64_t bits(uint64_t hash) {
    return uint64_t{1} << (hash & 63) | uint64_t{1} << (hash >> 6 & 63) |
           uint64_t{1} << (hash >> 12 & 63);
  }
  size_t place(uint64_t hash) const { return hash >> 18 & (words_.size() - 1); }
  uint64_t& word(uint64_t hash) { return words_[place(hash)]; }

  std::vector<uint64_t> words_;
};

}  // namespace charrnn
