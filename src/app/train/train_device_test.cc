// What a run is computed on: said, and free to change when the run goes on.
#include <gtest/gtest.h>

#include "app/testing/run_charrnn.h"
#include "base/json/json.h"
#include "engine/factory/make_network.h"

namespace charrnn {
namespace {

class TrainDevice : public testing::Test {
 protected:
  TrainDevice() {
    std::string text;
    for (int i = 0; i < 60; ++i) text += "the sea was calm, the sea was grey. ";
    text_ = folder_.write("sea.txt", text);
  }

  ProgramResult train(const std::string& options) {
    return run_shell(folder_, "charrnn train " + text_ + " -o " + folder_.path("run") +
                                  " --cell rnn --hidden-size 6 --embedding-size 4 --batch-size 2 "
                                  "--seq-length 8 --threads 1 " +
                                  options);
  }
  ProgramResult resume(const std::string& options) {
    return run_shell(folder_, "charrnn train --resume " + folder_.path("run") + " " + options);
  }
  static void expect_words(const ProgramResult& result, const std::string& words) {
    EXPECT_NE(result.err.find(words), std::string::npos) << words << " in " << result.err;
  }

  TestFolder folder_;
  std::string text_;
};

TEST_F(TrainDevice, IsSaidInThePlanTheConfigurationAndTheResult) {
  const ProgramResult result = train("--steps 2 --json --isa portable");
  ASSERT_EQ(result.code, 0) << result.err;
  expect_words(result, "computed on   CPU, portable, 1 thread\n");
  EXPECT_EQ(parse_json(result.out)["device"], "cpu");
  EXPECT_NE(folder_.read("run/config.toml").find("# Computed on: CPU, portable, 1 thread\n"),
            std::string::npos);
}

TEST_F(TrainDevice, IsTheCpuForWorkOfAMoment) {
  const ProgramResult result = train("--steps 2 --json");
  EXPECT_EQ(parse_json(result.out)["device"], "cpu") << result.err;
}

TEST_F(TrainDevice, IsTheMeasuredOneWithABudget) {
  const ProgramResult result = run_shell(
      folder_, "charrnn train " + text_ + " -o " + folder_.path("run") + " --time 1s --json");
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(parse_json(result.out)["device"], "cpu") << result.err;
}

TEST_F(TrainDevice, MayBeAnotherOneWhenTheRunGoesOn) {
  ASSERT_EQ(train("--steps 3 --device cpu -q").code, 0);
  const ProgramResult there = resume("--steps 6 --device reference");
  ASSERT_EQ(there.code, 0) << there.err;
  expect_words(there, "going on at step 3 of 6 (reference, f64)");
  const ProgramResult back = resume("--steps 9 --device cpu --isa portable --json");
  ASSERT_EQ(back.code, 0) << back.err;
  expect_words(back, "going on at step 6 of 9 (CPU, portable, ");
  EXPECT_EQ(parse_json(back.out)["steps"], 9);
}

TEST_F(TrainDevice, GoesOnInFloat32WhereTheMachineHasNoBf16) {
  ASSERT_EQ(train("--steps 3 --precision bf16 --isa portable -q").code, 0);
  const ProgramResult result = resume("--steps 6 --device cpu");
  ASSERT_EQ(result.code, 0) << result.err;
  if (lacks_precision({.device = Device::kCpu, .precision = Precision::kBfloat16})) {
    expect_words(result, "precision: f32 from here on (was bf16)");
  } else {
    expect_words(result, ", bf16)");
  }
}

TEST_F(TrainDevice, MayHaveAnotherPrecisionWhenTheRunGoesOn) {
  ASSERT_EQ(train("--steps 3 --precision bf16 --isa portable -q").code, 0);
  const ProgramResult result = resume("--steps 6 --precision f32 --isa portable");
  ASSERT_EQ(result.code, 0) << result.err;
  expect_words(result, "precision: f32 from here on (was bf16)");
}

}  // namespace
}  // namespace charrnn
