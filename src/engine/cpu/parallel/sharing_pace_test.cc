#include "engine/cpu/parallel/sharing_pace.h"

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
  EXPECT_EQ(shared_of(pace, 100, 0.6e-3), 90);
}

TEST(SharingPace, SharesAgainWhenTheMachineIsFree) {
  SharingPace pace;
  shared_of(pace, 10000, 20e-3);
  EXPECT_GE(shared_of(pace, 3000, 0.6e-3), 1900);
}

// 400 microseconds for the first, which woke the other thread.
TEST(SharingPace, WaitsForAThreadToWake) {
  SharingPace pace;
  for (int i = 0; i < 3; ++i) pace.took(false, 70e-6);
  pace.took(true, 400e-6);
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(pace.share());
    pace.took(true, 44e-6);
  }
}

// What trying costs, of the time alone: small characters on far processors, and larger ones.
TEST(SharingPace, LosesLittleWhereSharingIsSlower) {
  for (const double alone : {6e-6, 60e-6, 1e-3}) {
    for (const double slower : {1.02, 1.1, 1.5, 5.0}) {
      SharingPace pace;
      const double all = 2;
      double seconds = 0, wanted = 0;
      bool before = false;
      while (wanted < all) {
        const bool share = pace.share();
        const double wake = share && !before ? 0.4e-3 : 0;
        before = share;
        const double took = share ? alone * slower + wake : alone;
        pace.took(share, took);
        seconds += took;
        wanted += alone;
      }
      EXPECT_LE(seconds, 1.04 * all) << alone << " s alone, " << slower << " times shared";
    }
  }
}

// Sharing gains 8 ms between interruptions that cost 40 ms.
TEST(SharingPace, SharesSeldomWhereInterruptionsCostMoreThanItGains) {
  SharingPace pace;
  int shared = 0;
  for (int i = 0; i < 300; ++i) shared += shared_of(pace, 20, 0.6e-3) + shared_of(pace, 1, 40e-3);
  EXPECT_LE(shared, 600);
}

TEST(SharingPace, SharesMostlyWhereInterruptionsCostLessThanItGains) {
  SharingPace pace;
  int shared = 0;
  for (int i = 0; i < 50; ++i) shared += shared_of(pace, 200, 0.6e-3) + shared_of(pace, 1, 40e-3);
  EXPECT_GE(shared, 9000);
}

TEST(SharingPace, ForgivesALongBusyTimeWhenTheMachineIsFree) {
  SharingPace pace;
  shared_of(pace, 20000, 20e-3);
  for (int i = 0; i < 2000 && !pace.share(); ++i) shared_of(pace, 1, 0.6e-3);
  shared_of(pace, 100, 0.6e-3);
  EXPECT_EQ(shared_of(pace, 1, 20e-3), 1);
  EXPECT_EQ(shared_of(pace, 100, 0.6e-3), 90);
}

TEST(SharingPace, CountsCharactersReadOneAfterTheOther) {
  SharingPace pace;
  pace.took(false, 64e-3, 64);
  EXPECT_TRUE(pace.share());
  pace.took(true, 40e-3, 64);
  EXPECT_TRUE(pace.share());
  pace.took(true, 69e-3, 64);
  EXPECT_FALSE(pace.share());
  pace.took(false, 64e-3, 64);
  EXPECT_TRUE(pace.share());
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
