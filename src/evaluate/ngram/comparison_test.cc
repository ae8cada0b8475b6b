#include "evaluate/ngram/comparison.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace charrnn {
namespace {

Baseline both(double ngram_bits, double compressor_bits) {
  Baseline baseline;
  baseline.ngram_loss = ngram_bits * std::numbers::ln2;
  baseline.ngram_context = 6;
  baseline.compressor_bits_per_character = compressor_bits;
  baseline.compressor = "LZMA2 (xz -9e)";
  return baseline;
}

TEST(Comparison, IsWithTheBetterBaseline) {
  const BestBaseline ngram = best_of(both(2.2, 2.5), "character");
  EXPECT_NEAR(ngram.loss, 2.2 * std::numbers::ln2, 1e-12);
  EXPECT_EQ(ngram.name, "an n-gram model that sees 6 characters");
  EXPECT_TRUE(ngram.of_several);
  const BestBaseline compressor = best_of(both(2.2, 0.5), "character");
  EXPECT_NEAR(compressor.loss, 0.5 * std::numbers::ln2, 1e-12);
  EXPECT_EQ(compressor.name, "LZMA2 (xz -9e)");
  // Better than the n-gram model, and yet not better than the compressor.
  EXPECT_EQ(standing(1.0, compressor), Standing::kWorse);
  EXPECT_EQ(standing(1.0, ngram), Standing::kBetter);
}

TEST(Comparison, WithOneBaselineOrNone) {
  Baseline baseline = both(2.2, NAN);
  EXPECT_FALSE(best_of(baseline, "byte").of_several);
  EXPECT_EQ(best_of(baseline, "byte").name, "an n-gram model that sees 6 bytes");
  baseline.ngram_context = 1;
  EXPECT_EQ(best_of(baseline, "byte").name, "an n-gram model that sees 1 byte");
  baseline.ngram_context = 0;
  EXPECT_TRUE(best_of(baseline, "byte").sees_nothing);
  EXPECT_EQ(standing(0.0009, best_of(both(0.001, NAN), "byte")), Standing::kAlike);
  baseline.ngram_note = "learned from the last 5 of 9";
  EXPECT_EQ(best_of(baseline, "byte").name,
            "counting how often each byte occurs (learned from the last 5 of 9)");
  EXPECT_TRUE(best_of(baseline, "byte").sees_nothing);
  baseline.ngram_is_conclusive = false;
  EXPECT_FALSE(best_of(baseline, "byte").sees_nothing) << "longer contexts were not all tried";
  baseline = both(NAN, 2.5);
  EXPECT_EQ(best_of(baseline, "character").name, "LZMA2 (xz -9e)");
  EXPECT_TRUE(std::isnan(best_of({}, "character").loss));
  EXPECT_EQ(standing(1, best_of({}, "character")), Standing::kUnknown);
  EXPECT_EQ(standing(NAN, best_of(baseline, "character")), Standing::kUnknown);
  EXPECT_EQ(comparison_text(1, best_of({}, "character"), "character"), "");
}

TEST(Comparison, SaysWhatANetworkNeeds) {
  const BestBaseline best = best_of(both(2, 2.5), "character");
  EXPECT_EQ(comparison_text(1.8 * std::numbers::ln2, best, "character"),
            "an n-gram model that sees 6 characters, the better of two baselines, needs 2.000 bits "
            "per character: the network needs 10.0 % less.");
  EXPECT_EQ(comparison_text(2.5 * std::numbers::ln2, best_of(both(2, NAN), "byte"), "byte"),
            "an n-gram model that sees 6 bytes needs 2.000 bits per byte: the network needs 25.0 % "
            "more.");
  EXPECT_TRUE(
      comparison_text(9 * std::numbers::ln2, best, "character").ends_with("4.5 times as much."));
  EXPECT_TRUE(comparison_text(2.01 * std::numbers::ln2, best, "character").ends_with("as much."));
}

}  // namespace
}  // namespace charrnn
