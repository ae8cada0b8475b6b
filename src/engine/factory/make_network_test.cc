#include "engine/factory/make_network.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/cuda/cuda_engine.h"

namespace charrnn {
namespace {

const ModelConfig kLarge = {CellKind::kLstm, 2, 512, 64, 96};
const ModelConfig kSmall = {CellKind::kGru, 1, 64, 32, 60};

Device auto_with(const Workload& workload, bool gpu, Precision precision = Precision::kFloat32) {
  EngineOptions options{.precision = precision, .threads = 2, .workload = workload};
  return chosen_device(options, [gpu] { return gpu; });
}

TEST(Workload, GainsByAGpuWhereBatchesAreWideAndNetworksLarge) {
  EXPECT_TRUE(gains_by_gpu(training_workload(kLarge, 64, 64, false) * 1000, 2));
  EXPECT_TRUE(gains_by_gpu(sampling_workload(kLarge, 64) * 20000, 2));
  EXPECT_TRUE(gains_by_gpu(reading_workload(kLarge, 1000000), 2));
}

TEST(Workload, StaysOnTheCpuWhereStepsAreSmallOrFew) {
  EXPECT_FALSE(gains_by_gpu(training_workload(kLarge, 64, 16, false), 2))
      << "over before a GPU has started";
  EXPECT_FALSE(gains_by_gpu(training_workload(kSmall, 32, 4, false) * kEndless, 2));
  EXPECT_FALSE(gains_by_gpu(sampling_workload(kSmall, 1) * kEndless, 2));
  EXPECT_FALSE(gains_by_gpu(reading_workload(kLarge, 100), 2));
  EXPECT_FALSE(gains_by_gpu({}, 2)) << "nothing is known of it";
}

TEST(Workload, OfManyThreadsNeedsAGpuLess) {
  const Workload work = sampling_workload(kLarge, 16) * 20000;
  EXPECT_TRUE(gains_by_gpu(work, 1));
  EXPECT_FALSE(gains_by_gpu(work, 64));
}

TEST(Workload, OfPartsIsTheirSum) {
  const Workload one = training_workload(kSmall, 10, 3, false);
  const Workload sum = one + one * 2;
  EXPECT_EQ(sum.calls, 3);
  EXPECT_EQ(sum.serial_steps, 60);
  EXPECT_EQ(sum.flops, 3 * one.flops);
}

TEST(ChosenDevice, IsTheGpuOnlyWhereThereIsOneAndTheWorkGains) {
  const Workload large = training_workload(kLarge, 64, 64, false) * 1000;
  EXPECT_EQ(auto_with(large, true), Device::kCuda);
  EXPECT_EQ(auto_with(large, false), Device::kCpu);
  EXPECT_EQ(auto_with({}, true), Device::kCpu);
}

TEST(ChosenDevice, IsTheOneAskedFor) {
  for (const Device device : {Device::kCpu, Device::kCuda, Device::kReference}) {
    EngineOptions options{.device = device};
    options.workload = training_workload(kLarge, 64, 64, false) * 1000;
    EXPECT_EQ(chosen_device(options, [] { return true; }), device);
  }
}

TEST(ChosenDevice, IsTheCpuWhereAnInstructionSetIsNamed) {
  EngineOptions options{.precision = Precision::kBfloat16, .isa = "portable"};
  options.workload = training_workload(kLarge, 64, 64, false) * 1000;
  EXPECT_EQ(chosen_device(options, [] { return true; }), Device::kCpu);
}

TEST(ChosenDevice, HasThePrecisionWhateverTheWork) {
  const Device expected = has_fast_bf16({}) ? Device::kCpu : Device::kCuda;
  EXPECT_EQ(auto_with({}, true, Precision::kBfloat16), expected);
  EXPECT_EQ(auto_with({}, false, Precision::kBfloat16), Device::kCpu);
}

TEST(ChosenDevice, LacksAPrecisionWhereMakeEngineRefusesIt) {
  for (const std::string& isa : cpu_instruction_sets(Precision::kFloat32)) {
    const EngineOptions options{.precision = Precision::kBfloat16, .isa = isa};
    if (lacks_precision(options)) {
      EXPECT_THROW(make_network(kSmall, options), Error) << isa;
    } else {
      EXPECT_EQ(make_network(kSmall, options)->info().precision, "bf16") << isa;
    }
  }
  EXPECT_FALSE(lacks_precision({}));
}

TEST(ChosenDevice, LooksForAGpuOnlyWhereItWouldTakeIt) {
  const auto refuse = [] {
    ADD_FAILURE() << "looked for a GPU";
    return true;
  };
  EngineOptions options;
  chosen_device(options, refuse);
  options.device = Device::kCpu;
  options.workload = training_workload(kLarge, 64, 64, false) * 1000;
  chosen_device(options, refuse);
}

TEST(MakeNetwork, SaysWhyThereIsNoGpuAndWhatToDo) {
  if (why_no_cuda().empty()) GTEST_SKIP() << "there is one";
  try {
    make_network(kSmall, {.device = Device::kCuda});
    ADD_FAILURE() << "made one";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_EQ(error.code(), "no_cuda");
    EXPECT_NE(std::string(error.what()).find(why_no_cuda()), std::string::npos);
    EXPECT_NE(error.hint(), "");
  }
  EXPECT_THROW(make_cuda_network(kSmall, {}), Error);
}

TEST(MakeNetwork, RefusesAnInstructionSetForAGpu) {
  try {
    check_device({.device = Device::kCuda, .isa = "avx2"});
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), "options_together");
  }
}

TEST(MakeNetwork, RefusesPartsOfABatchBesideTheCpu) {
  for (const Device device : {Device::kCuda, Device::kReference}) {
    try {
      check_device({.device = device, .parts = 4});
      ADD_FAILURE() << "accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), "options_together");
      EXPECT_EQ(std::string(error.what()),
                "--parts 4: only the CPU's engine cuts batches into parts");
    }
  }
  EngineOptions options{.parts = 4, .workload = training_workload(kLarge, 64, 64, false) * 1000};
  EXPECT_EQ(chosen_device(options, [] { return true; }), Device::kCpu);
}

TEST(MakeNetwork, TakesTheCpuWhereNothingIsKnown) {
  EXPECT_EQ(make_network(kSmall)->info().device, "cpu");
}

}  // namespace
}  // namespace charrnn
