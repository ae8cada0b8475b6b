#include "train/control/early_stopping.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace charrnn {
namespace {

// How many of these losses are taken before it stops; -1: all, and it goes on.
int losses_to_stop(EarlyStopping& stopping, const std::vector<double>& losses, int64_t step = 100) {
  for (size_t i = 0; i < losses.size(); ++i) {
    stopping.validated(step, losses[i]);
    if (stopping.is_over()) return static_cast<int>(i) + 1;
  }
  return -1;
}

TEST(EarlyStopping, StopsAfterSoManyLossesInARowWithoutGain) {
  EarlyStopping stopping(3);
  EXPECT_EQ(losses_to_stop(stopping, {4, 3, 3.5, 3.2, 2.9, 3, 3, 3, 2}), 8);
}

TEST(EarlyStopping, NeverStopsWithoutPatience) {
  EarlyStopping stopping(0);
  EXPECT_EQ(losses_to_stop(stopping, {1, 2, 3, 4, 5, 6, 7, 8}), -1);
}

TEST(EarlyStopping, AddsUpSmallGainsAndTakesTinyOnesForNone) {
  EarlyStopping small(2), tiny(2);
  EXPECT_EQ(losses_to_stop(small, {3, 2.99993, 2.99986, 2.99979, 2.99972}), -1);
  EXPECT_EQ(losses_to_stop(tiny, {3, 2.99999, 2.99998, 2.99997}), 3);
}

TEST(EarlyStopping, CountsNothingDuringTheWarmUp) {
  EarlyStopping stopping(1, 50);
  EXPECT_EQ(losses_to_stop(stopping, {3, 4, 5}, 50), -1);
  EXPECT_EQ(losses_to_stop(stopping, {4}, 51), 1);
}

// A loss that is not a number is neither a gain nor a level that all later losses are a gain from.
TEST(EarlyStopping, TakesALossThatIsNotANumberForNoGain) {
  EarlyStopping stopping(3);
  EXPECT_EQ(losses_to_stop(stopping, {3, NAN, 3, 3}), 4);
  EarlyStopping only(3);
  EXPECT_EQ(losses_to_stop(only, {NAN, NAN, NAN}), 3);
  EarlyStopping infinite(3);
  EXPECT_EQ(losses_to_stop(infinite, {INFINITY, 5, 4, 3}), -1);
}

TEST(EarlyStopping, JudgesTheMeanTrainingLossWhereNothingIsHeldOut) {
  EarlyStopping stopping(1);
  for (const double loss : {3.0, 5.0}) stopping.trained(loss);
  stopping.judge(100);
  stopping.judge(100);
  EXPECT_FALSE(stopping.is_over()) << "nothing was trained in between";
  EXPECT_EQ(stopping.state().gain_loss, 4);
  for (const double loss : {1.0, 7.0}) stopping.trained(loss);
  stopping.judge(100);
  EXPECT_TRUE(stopping.is_over());
}

TEST(EarlyStopping, GoesOnFromItsState) {
  EarlyStopping whole(3);
  EXPECT_EQ(losses_to_stop(whole, {3, 4, 4}), -1);
  whole.trained(2);
  EarlyStopping resumed(3, 0, whole.state());
  resumed.trained(8);
  resumed.judge(100);
  EXPECT_TRUE(resumed.is_over());
}

}  // namespace
}  // namespace charrnn
