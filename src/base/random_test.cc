#include "base/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <set>
#include <vector>

namespace charrnn {
namespace {

TEST(MersenneTwister, EqualsTheStandardLibrarysGenerator) {
  for (const uint32_t seed : {0u, 1u, 42u, 4294967295u}) {
    std::mt19937 expected(seed);
    MersenneTwister generator(seed | uint64_t{7} << 32);  // high bits do not count
    for (int i = 0; i < 2000; ++i) ASSERT_EQ(generator.u32(), expected()) << "output " << i;
  }
}

TEST(MersenneTwister, ContinuesExactlyFromASavedState) {
  MersenneTwister generator(3);
  for (int i = 0; i < 1000; ++i) generator.u32();
  const MersenneTwister::State state = generator.state();
  std::vector<uint64_t> expected;
  for (int i = 0; i < 1000; ++i) expected.push_back(generator.u64());
  MersenneTwister other(99);
  other.restore(state);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(other.u64(), expected[i]);
}

TEST(MersenneTwister, DrawsTheFirstValuesOfPyTorchsEmbedding) {
  MersenneTwister generator(42);
  std::vector<float> values(31 * 64);
  generator.fill_normal(values);
  const float expected[] = {1.9269153f, 1.4872841f, 0.9007172f, -2.105521f};
  for (int i = 0; i < 4; ++i) EXPECT_NEAR(values[i], expected[i], 3e-7);
  EXPECT_NEAR(values.back(), -1.4957532f, 3e-7);
}

TEST(MersenneTwister, DrawsTheLastSixteenNormalValuesAgainWhereTheCountIsOdd) {
  std::vector<float> values(21), whole(16);
  MersenneTwister generator(5), same(5);
  generator.fill_normal(values);
  for (int i = 0; i < 21; ++i) same.u32();
  same.fill_normal(whole);
  EXPECT_EQ(std::vector<float>(values.end() - 16, values.end()), whole);
}

TEST(MersenneTwister, TakesFewerThanSixteenNormalValuesFromOneBlock) {
  MersenneTwister generator(1), same(1);
  std::vector<float> values(7), block(16);
  generator.fill_normal(values);
  same.fill_normal(block);
  EXPECT_EQ(values, std::vector<float>(block.begin(), block.begin() + 7));
  EXPECT_EQ(generator.u32(), same.u32());
}

TEST(CounterRandom, DependsOnEveryPartOfItsKey) {
  std::set<uint64_t> keys;
  for (uint64_t part : {1, 2, 3}) {
    keys.insert(counter_key(part, 9, 9, 9));
    keys.insert(counter_key(9, part, 9, 9));
    keys.insert(counter_key(9, 9, part, 9));
    keys.insert(counter_key(9, 9, 9, part));
  }
  EXPECT_EQ(keys.size(), 12u);
}

TEST(CounterRandom, BitsAreBalancedAndNeighboursUnrelated) {
  constexpr int kCount = 100000;
  int ones[32] = {}, same_as_next[32] = {};
  const uint64_t key = counter_key(1, 2, 3, 4);
  for (uint32_t i = 0; i < kCount; ++i) {
    const uint32_t bits = counter_bits(key, i), next = counter_bits(key, i + 1);
    for (int b = 0; b < 32; ++b) {
      ones[b] += bits >> b & 1;
      same_as_next[b] += ~(bits ^ next) >> b & 1;
    }
  }
  // Five standard deviations of a fair coin.
  const double margin = 5 * 0.5 * std::sqrt(kCount);
  for (int b = 0; b < 32; ++b) {
    EXPECT_NEAR(ones[b], kCount / 2.0, margin) << "bit " << b;
    EXPECT_NEAR(same_as_next[b], kCount / 2.0, margin) << "bit " << b;
  }
}

}  // namespace
}  // namespace charrnn
