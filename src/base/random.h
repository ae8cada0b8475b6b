// Two generators. MersenneTwister reproduces PyTorch's CPU generator, so a seed gives the same
// draws in both. The counter-based one is a function of its key alone, so dropout and sampling
// depend neither on threads and batches nor on earlier draws.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace charrnn {

// MT19937 (Matsumoto and Nishimura 1998), seeded with the low 32 bits of the seed as PyTorch does
// it.
class MersenneTwister {
 public:
  static constexpr int kWords = 624;
  // The whole state: the words and how many of them are used up.
  using State = std::array<uint32_t, kWords + 1>;

  explicit MersenneTwister(uint64_t seed);
  uint32_t u32();
  uint64_t u64();                   // two outputs, the first is the high half
  float uniform(float a, float b);  // one output; [a, b) but for rounding
  // PyTorch's normal(0, 1) for at least 16 values. Fewer values are the first of a block of 16;
  // PyTorch draws those differently.
  void fill_normal(std::span<float> values);
  void fill_uniform(std::span<float> values, float a, float b);

  State state() const;
  void restore(const State& state);

 private:
  void refill();

  std::array<uint32_t, kWords> words_;
  int used_ = kWords;
};

// Mixes 64 bits so that each input bit changes each output bit with probability about one half (the
// finalizer of SplitMix64, Steele, Lea and Flood 2014).
constexpr uint64_t mix64(uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9u;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebu;
  x ^= x >> 31;
  return x;
}

// A key for counter-based draws: fold the parts in one by one.
constexpr uint64_t counter_key(uint64_t seed, uint64_t a, uint64_t b = 0, uint64_t c = 0) {
  constexpr uint64_t kGolden = 0x9e3779b97f4a7c15u;
  uint64_t key = mix64(seed + kGolden);
  key = mix64(key ^ (a + kGolden));
  key = mix64(key ^ (b + 2 * kGolden));
  return mix64(key ^ (c + 3 * kGolden));
}

// Uniform in [0, 1) with 53 bits.
constexpr double counter_uniform(uint64_t key) {
  return static_cast<double>(key >> 11) * 0x1.0p-53;
}

// 32 random bits for column `index` of the row named by `key`: 32-bit arithmetic only, so that
// vector lanes compute it as well (multipliers of a 32-bit hash with low bias found by C. Wellons'
// search).
constexpr uint32_t counter_bits(uint64_t key, uint32_t index) {
  uint32_t x = index * 0x9e3779b9u + static_cast<uint32_t>(key);
  x ^= x >> 16;
  x *= 0x21f0aaadu;
  x ^= x >> 15;
  x ^= static_cast<uint32_t>(key >> 32);
  x *= 0x735a2d97u;
  x ^= x >> 15;
  return x;
}

}  // namespace charrnn
