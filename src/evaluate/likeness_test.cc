#include "evaluate/likeness.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace charrnn {
namespace {

constexpr int kVocabulary = 30;

// Each character is, more often than not, the one before plus `stride`.
void append(IdArray& ids, int count, int stride, uint32_t seed) {
  std::mt19937 random(seed);
  int id = 0;
  for (int i = 0; i < count; ++i) {
    const auto any = static_cast<int>(random() % kVocabulary);
    id = random() % 3 == 0 ? any : (id + stride) % kVocabulary;
    ids.push_back(id);
  }
}

TEST(Likeness, OfPartsFromOneSourceIsWithinTheStretches) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    IdArray training(kVocabulary), held_out(kVocabulary);
    append(training, 30000, 3, seed);
    append(held_out, 3000, 3, 100 + seed);
    const Likeness found = likeness(view(training), view(held_out), kVocabulary);
    EXPECT_FALSE(found.is_unlike()) << "seed " << seed;
    EXPECT_NEAR(found.held_out, found.mean, 0.1);
    EXPECT_LE(found.least, found.mean);
    EXPECT_GE(found.most, found.mean);
  }
}

TEST(Likeness, SeesAnotherSource) {
  IdArray training(kVocabulary), held_out(kVocabulary);
  append(training, 30000, 3, 1);
  append(held_out, 3000, 5, 2);  // the same characters as often, but in other pairs
  const Likeness found = likeness(view(training), view(held_out), kVocabulary);
  EXPECT_TRUE(found.is_unlike());
  EXPECT_GT(found.difference(), 1);
}

// A text of both sources in turns has stretches as hard as the held-out part.
TEST(Likeness, IsNotMisledByATextOfManyKinds) {
  IdArray training(kVocabulary), held_out(kVocabulary);
  for (uint32_t i = 0; i < 10; ++i) append(training, 3000, i % 2 == 0 ? 3 : 5, i);
  append(held_out, 3000, 5, 77);
  EXPECT_FALSE(likeness(view(training), view(held_out), kVocabulary).is_unlike());
}

TEST(Likeness, LeavesTheStretchItselfOutOfTheCounts) {
  // Eight stretches, each of a character of its own: under the others' counts each is a surprise.
  IdArray training(8), held_out(8);
  for (int id = 0; id < 8; ++id) {
    for (int i = 0; i < 600; ++i) training.push_back(id);
  }
  for (int i = 0; i < 600; ++i) held_out.push_back(7);
  const Likeness found = likeness(view(training), view(held_out), 8);
  EXPECT_GT(found.mean, 4);
  EXPECT_LT(found.held_out, 0.1);
}

TEST(Likeness, OfShortPartsIsNotKnown) {
  IdArray training(kVocabulary), held_out(kVocabulary);
  append(training, 3000, 3, 1);
  append(held_out, 300, 5, 2);
  EXPECT_TRUE(std::isnan(likeness(view(training), view(held_out), kVocabulary).held_out));
  EXPECT_FALSE(likeness(view(training), view(held_out), kVocabulary).is_unlike());
}

TEST(Likeness, CountsSingleCharactersOfALargeVocabulary) {
  IdArray training(5000), held_out(5000);
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) training.push_back(static_cast<int32_t>(random() % 100));
  for (int i = 0; i < 2000; ++i) held_out.push_back(static_cast<int32_t>(4000 + random() % 100));
  EXPECT_TRUE(likeness(view(training), view(held_out), 5000).is_unlike());
}

}  // namespace
}  // namespace charrnn
