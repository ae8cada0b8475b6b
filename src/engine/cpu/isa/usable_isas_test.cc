// The limit on instruction sets, whatever the machine has.
#include "engine/cpu/isa/usable_isas.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/cpu/cpu_engine.h"
#include "engine/testing/each_isa.h"

namespace charrnn::cpu {
namespace {

class UsableIsas : public testing::TestWithParam<std::string> {
 protected:
  // The limit of the whole run comes back.
  void TearDown() override { limit_isas(before_.front()); }

  std::vector<std::string> before_ = available_isas();
};

TEST_P(UsableIsas, BeginWithTheLimitAndKeepTheirOrder) {
  limit_isas(GetParam());
  const auto limit = std::ranges::find(before_, GetParam());
  EXPECT_EQ(available_isas(), std::vector<std::string>(limit, before_.end()));
  EXPECT_EQ(choose_isa("", Precision::kFloat32).name, GetParam());
  EXPECT_EQ(make_network({CellKind::kGru, 1, 5, 3, 4}, {.device = Device::kCpu})->info().isa,
            GetParam());
}

TEST_P(UsableIsas, RefuseTheFasterOnesByName) {
  limit_isas(GetParam());
  for (const std::string& name : before_) {
    if (name == GetParam()) break;
    try {
      choose_isa(name, Precision::kFloat32);
      ADD_FAILURE() << name << " was given";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      EXPECT_NE(std::string(error.what()).find("limited to " + GetParam()), std::string::npos);
      EXPECT_NE(error.hint().find("CHARRNN_ISA"), std::string::npos);
    }
  }
}

// What the sets above the limit have counts for nothing: a GPU is taken for bf16 unless the limit
// is fast at it.
TEST_P(UsableIsas, DecideWhetherBf16IsFast) {
  limit_isas(GetParam());
  const Isa& isa = choose_isa(GetParam(), Precision::kFloat32);
  const bool fast = isa.bfloat16 != nullptr && !isa.emulates_bf16;
  EXPECT_EQ(has_fast_bf16({}), fast);
  EXPECT_EQ(chosen_device({.precision = Precision::kBfloat16}, [] { return true; }),
            fast ? Device::kCpu : Device::kCuda);
}

INSTANTIATE_TEST_SUITE_P(Isas, UsableIsas, testing::ValuesIn(available_isas()), name_of_isa);

TEST(UsableIsasOfAnyMachine, EndWithThePortableSet) {
  EXPECT_EQ(available_isas().back(), "portable");
}

TEST(UsableIsasOfAnyMachine, RefuseALimitThatTheMachineLacks) {
  const std::vector<std::string> before = available_isas();
  try {
    limit_isas("sse9");
    ADD_FAILURE() << "taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_STREQ(error.what(), "instruction set sse9: not available on this machine");
    EXPECT_TRUE(error.hint().starts_with("use one of ")) << error.hint();
  }
  EXPECT_EQ(available_isas(), before);
}

}  // namespace
}  // namespace charrnn::cpu
