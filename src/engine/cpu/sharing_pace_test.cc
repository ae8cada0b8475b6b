#include "engine/cpu/sharing_pace.h"

#include <gtest/gtest.h>

namespace charrnn::cpu {
namespace {

// Reads `count` characters, each in `together` seconds where threads share it and in 1 ms alone;
// returns how many were shared.
int shared_of(SharingPace& pace, int count, double together) {
  int shared = 0;
  for (int i = 0; i < count; ++i) {
    const bool share = pace.share();
    shared += share;
    pace.took(share, share ? together : 1e-3);
  }
  return shared;
}

TEST(SharingPace, SharesNearlyAllWhereItIsFaster) {
  SharingPace pace;
  EXPECT_EQ(shared_of(pace, 1000, 0.6e-3), 997);
}

TEST(SharingPace, SharesSeldomWhereThreadsWaitForEachOther) {
  SharingPace pace;
  shared_of(pace, 1000, 0.6e-3);
  EXPECT_LE(shared_of(pace, 10000, 20e-3), 18);
}

TEST(SharingPace, SharesAgainSoonAfterOneInterruption) {
  SharingPace pace;
  shared_of(pace, 10, 0.6e-3);
  EXPECT_EQ(shared_of(pace, 1, 20e-3), 1);
  EXPECT_EQ(shared_of(pace, 100, 0.6e-3), 84);
}

TEST(SharingPace, SharesAgainWhenTheMachineIsFree) {
  SharingPace pace;
  shared_of(pace, 10000, 20e-3);
  EXPECT_GE(shared_of(pace, 3000, 0.6e-3), 1900);
}

TEST(SharingPace, LearnsWhatItTakesAloneAfterASlowStart) {
  SharingPace pace;
  pace.took(false, 1e-3);
  pace.took(false, 1.0);
  pace.took(false, 1.0);
  EXPECT_TRUE(pace.share());
  pace.took(true, 20e-3);
  EXPECT_FALSE(pace.share());
}

}  // namespace
}  // namespace charrnn::cpu
