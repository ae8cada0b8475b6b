#include "engine/cpu/parallel/parallelism_tuner.h"

#include <gtest/gtest.h>

namespace charrnn::cpu {
namespace {

// Measures `count` steps, each of `together` seconds on several threads and of 1 ms on one; returns
// how many ran on several.
int parallel_of(ParallelismTuner& tuner, int count, double together) {
  int in_parallel = 0;
  for (int i = 0; i < count; ++i) {
    const bool parallel = tuner.use_threads();
    in_parallel += parallel;
    tuner.measured(parallel, parallel ? together : 1e-3);
  }
  return in_parallel;
}

TEST(ParallelismTuner, UsesThreadsForNearlyAllWhereTheyAreFaster) {
  ParallelismTuner tuner;
  EXPECT_EQ(parallel_of(tuner, 1000, 0.6e-3), 997);
}

TEST(ParallelismTuner, UsesThreadsSeldomWhereTheyWaitForEachOther) {
  ParallelismTuner tuner;
  parallel_of(tuner, 1000, 0.6e-3);
  EXPECT_LE(parallel_of(tuner, 10000, 20e-3), 18);
}

TEST(ParallelismTuner, UsesThreadsAgainSoonAfterOneInterruption) {
  ParallelismTuner tuner;
  parallel_of(tuner, 10, 0.6e-3);
  EXPECT_EQ(parallel_of(tuner, 1, 20e-3), 1);
  EXPECT_EQ(parallel_of(tuner, 100, 0.6e-3), 90);
}

TEST(ParallelismTuner, UsesThreadsAgainWhenTheMachineIsFree) {
  ParallelismTuner tuner;
  parallel_of(tuner, 10000, 20e-3);
  EXPECT_GE(parallel_of(tuner, 3000, 0.6e-3), 1900);
}

// 400 microseconds for the first, which woke the other thread.
TEST(ParallelismTuner, WaitsForAThreadToWake) {
  ParallelismTuner tuner;
  for (int i = 0; i < 3; ++i) tuner.measured(false, 70e-6);
  tuner.measured(true, 400e-6);
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(tuner.use_threads());
    tuner.measured(true, 44e-6);
  }
}

// What trying costs, of the time of one thread: small steps on distant cores, and larger ones.
TEST(ParallelismTuner, LosesLittleWhereThreadsAreSlower) {
  for (const double alone : {6e-6, 60e-6, 1e-3}) {
    for (const double slower : {1.02, 1.1, 1.5, 5.0}) {
      ParallelismTuner tuner;
      const double all = 2;
      double seconds = 0, wanted = 0;
      bool before = false;
      while (wanted < all) {
        const bool parallel = tuner.use_threads();
        const double wake = parallel && !before ? 0.4e-3 : 0;
        before = parallel;
        const double took = parallel ? alone * slower + wake : alone;
        tuner.measured(parallel, took);
        seconds += took;
        wanted += alone;
      }
      EXPECT_LE(seconds, 1.04 * all)
          << alone << " s alone, " << slower << " times on several threads";
    }
  }
}

// Several threads gain 8 ms between interruptions that cost 40 ms.
TEST(ParallelismTuner, UsesThreadsSeldomWhereInterruptionsCostMoreThanTheyGain) {
  ParallelismTuner tuner;
  int in_parallel = 0;
  for (int i = 0; i < 300; ++i)
    in_parallel += parallel_of(tuner, 20, 0.6e-3) + parallel_of(tuner, 1, 40e-3);
  EXPECT_LE(in_parallel, 600);
}

TEST(ParallelismTuner, UsesThreadsMostlyWhereInterruptionsCostLessThanTheyGain) {
  ParallelismTuner tuner;
  int in_parallel = 0;
  for (int i = 0; i < 50; ++i)
    in_parallel += parallel_of(tuner, 200, 0.6e-3) + parallel_of(tuner, 1, 40e-3);
  EXPECT_GE(in_parallel, 9000);
}

TEST(ParallelismTuner, ForgivesALongBusyTimeWhenTheMachineIsFree) {
  ParallelismTuner tuner;
  parallel_of(tuner, 20000, 20e-3);
  for (int i = 0; i < 2000 && !tuner.use_threads(); ++i) parallel_of(tuner, 1, 0.6e-3);
  parallel_of(tuner, 100, 0.6e-3);
  EXPECT_EQ(parallel_of(tuner, 1, 20e-3), 1);
  EXPECT_EQ(parallel_of(tuner, 100, 0.6e-3), 90);
}

TEST(ParallelismTuner, CountsSeveralStepsInOneMeasurement) {
  ParallelismTuner tuner;
  tuner.measured(false, 64e-3, 64);
  EXPECT_TRUE(tuner.use_threads());
  tuner.measured(true, 40e-3, 64);
  EXPECT_TRUE(tuner.use_threads());
  tuner.measured(true, 69e-3, 64);
  EXPECT_FALSE(tuner.use_threads());
  tuner.measured(false, 64e-3, 64);
  EXPECT_TRUE(tuner.use_threads());
}

TEST(ParallelismTuner, LearnsWhatItTakesAloneAfterASlowStart) {
  ParallelismTuner tuner;
  tuner.measured(false, 1e-3);
  tuner.measured(false, 1.0);
  tuner.measured(false, 1.0);
  EXPECT_TRUE(tuner.use_threads());
  tuner.measured(true, 20e-3);
  EXPECT_FALSE(tuner.use_threads());
}

}  // namespace
}  // namespace charrnn::cpu
