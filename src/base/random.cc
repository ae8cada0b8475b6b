#include "base/random.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace charrnn {

MersenneTwister::MersenneTwister(uint64_t seed) {
  words_[0] = static_cast<uint32_t>(seed);
  for (uint32_t i = 1; i < kWords; ++i) {
    words_[i] = 1812433253u * (words_[i - 1] ^ (words_[i - 1] >> 30)) + i;
  }
}

// x[k] = x[k + 397] ^ twist(upper bit of x[k], lower bits of x[k + 1])
void MersenneTwister::refill() {
  for (int k = 0; k < kWords; ++k) {
    const uint32_t y = (words_[k] & 0x80000000u) | (words_[(k + 1) % kWords] & 0x7fffffffu);
    words_[k] = words_[(k + 397) % kWords] ^ (y >> 1) ^ ((y & 1) ? 0x9908b0dfu : 0u);
  }
  used_ = 0;
}

uint32_t MersenneTwister::u32() {
  if (used_ == kWords) refill();
  uint32_t y = words_[used_++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}

uint64_t MersenneTwister::u64() {
  const uint64_t high = u32();
  return high << 32 | u32();
}

// (u32 & (2^24 - 1)) 2^-24 (b - a) + a, in float32 (PyTorch's uniform_real_distribution, whose
// builds for AVX2 and above round once: a fused multiply-add).
float MersenneTwister::uniform(float a, float b) {
  const float unit = static_cast<float>(u32() & 0xffffffu) * 0x1.0p-24f;
  return std::fma(unit, b - a, a);
}

void MersenneTwister::fill_uniform(std::span<float> values, float a, float b) {
  for (float& value : values) value = uniform(a, b);
}

// Box-Muller over blocks of 16, with j = 0..7 (PyTorch's normal_fill):
//   r = sqrt(-2 ln(1 - x[j])),  t = 2 pi x[j + 8],  x[j] = r cos t,  x[j + 8] = r sin t
// If the count is not a multiple of 16, the last 16 values are drawn again.
void MersenneTwister::fill_normal(std::span<float> values) {
  if (values.size() < 16) {
    std::array<float, 16> block;
    fill_normal(block);
    std::copy_n(block.begin(), values.size(), values.begin());
    return;
  }
  const auto transform = [](float* x) {
    for (int j = 0; j < 8; ++j) {
      const float radius = std::sqrt(-2.0f * std::log(1.0f - x[j]));
      const float angle = 2.0f * 3.14159265358979323846f * x[j + 8];
      x[j] = radius * std::cos(angle);
      x[j + 8] = radius * std::sin(angle);
    }
  };
  fill_uniform(values, 0.0f, 1.0f);
  for (size_t i = 0; i + 16 <= values.size(); i += 16) transform(&values[i]);
  if (values.size() % 16 != 0) {
    const std::span<float> last = values.last(16);
    fill_uniform(last, 0.0f, 1.0f);
    transform(last.data());
  }
}

MersenneTwister::State MersenneTwister::state() const {
  State state;
  for (int i = 0; i < kWords; ++i) state[i] = words_[i];
  state[kWords] = static_cast<uint32_t>(used_);
  return state;
}

void MersenneTwister::restore(const State& state) {
  check(state[kWords] <= kWords, "a generator's state counts at most 624 used words");
  for (int i = 0; i < kWords; ++i) words_[i] = state[i];
  used_ = static_cast<int>(state[kWords]);
}

}  // namespace charrnn
