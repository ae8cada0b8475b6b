#include "train/control/time_budget.h"

#include <gtest/gtest.h>

#include <functional>

namespace charrnn {
namespace {

struct End {
  double seconds = 0;
  int64_t steps = 0, total = 0;
  int changes = 0;
};

// A run on a made-up clock: `slowness` says how many times longer everything takes at a time.
End run(double budget, double step, double validation, int64_t evaluate_every,
        const std::function<double(double)>& slowness) {
  constexpr double kReserve = 0.05;
  TimeBudget time(budget, kReserve, step, validation);
  int64_t total = std::max<int64_t>(1, time.fitting_steps(0, 0, evaluate_every, 0));
  End end;
  double now = 0;
  bool validated = false;
  while (end.steps < total && !time.over(now)) {
    const double took = step * slowness(now);
    now += took;
    ++end.steps;
    time.stepped(now, took);
    if (time.due(now)) {
      const int64_t fit = time.fitting_steps(end.steps, total, evaluate_every, now);
      end.changes += fit != total;
      total = fit;
    }
    validated = end.steps == total || end.steps % evaluate_every == 0;
    if (validated) {
      const double took_too = validation * slowness(now);
      now += took_too;
      time.validated(took_too);
    }
  }
  if (!validated) now += validation * slowness(now);
  end.seconds = now + kReserve;
  end.total = total;
  return end;
}

TEST(TimeBudget, EndsOnTimeOnAQuietMachineWithoutChangingItsPlan) {
  const End end = run(60, 0.03, 0.4, 200, [](double) { return 1.0; });
  EXPECT_NEAR(end.seconds, 60, 0.6);
  EXPECT_LE(end.changes, 2);
  EXPECT_NEAR(static_cast<double>(end.steps), static_cast<double>(end.total), 1);
}

TEST(TimeBudget, EndsOnTimeWhereTheFirstMeasurementWasWrong) {
  for (const double wrong : {0.3, 0.7, 1.5, 4.0}) {
    const End end = run(10, 0.01, 0.2, 250, [&](double) { return wrong; });
    EXPECT_NEAR(end.seconds, 10, 0.2) << wrong;
  }
}

TEST(TimeBudget, EndsOnTimeUnderALoadThatComesAndGoes) {
  for (const double period : {0.5, 3.0, 7.0, 20.0}) {
    const End end = run(30, 0.02, 0.2, 150, [&](double now) {
      return static_cast<int>(now / period) % 2 == 0 ? 1.0 : 2.5;
    });
    EXPECT_NEAR(end.seconds, 30, 0.6) << period;
  }
}

TEST(TimeBudget, EndsOnTimeWhereTheLoadComesShortlyBeforeTheEnd) {
  const End end = run(30, 0.02, 0.2, 150, [](double now) { return now > 27 ? 2.0 : 1.0; });
  EXPECT_NEAR(end.seconds, 30, 0.6);
}

// The load comes shortly before a late validation, which takes long beside the steps known so far:
// the last one is not expected to take as long again beside the slow steps.
TEST(TimeBudget, IsNotMisledByAValidationThatTheLoadFalsified) {
  for (const double comes : {3.1, 4.9, 6.6, 6.7, 6.75}) {
    const End end = run(10, 0.005, 0.4, 280, [&](double now) { return now > comes ? 2.5 : 1.0; });
    EXPECT_NEAR(end.seconds, 10, 0.4) << comes;
    EXPECT_GT(end.seconds, 9.7) << comes;
  }
}

TEST(TimeBudget, HasAtLeastOneStepHoweverLittleTimeThereIs) {
  const End end = run(0.1, 0.5, 0.3, 10, [](double) { return 1.0; });
  EXPECT_EQ(end.steps, 1);
}

}  // namespace
}  // namespace charrnn
