// Instruction sets as the parameter of a test: each that this process may use and that computes in
// its own way. (The sets above AVX-512 differ from it in bf16 alone.)
//
//   class Reading : public testing::TestWithParam<std::string> {…};
//   INSTANTIATE_TEST_SUITE_P(Isas, Reading, testing::ValuesIn(each_isa()), name_of_isa);
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "engine/cpu/isa/usable_isas.h"
#include "engine/cpu/kernels/kernels.h"
#include "engine/factory/make_network.h"

namespace charrnn {

// Of those that share all kernels of float32, the last.
inline std::vector<const cpu::Isa*> float32_isas() {
  std::vector<const cpu::Isa*> isas;
  for (const cpu::Isa* isa : cpu::usable_isas()) {
    if (!isas.empty() && isas.back()->float32 == isa->float32 &&
        isas.back()->floats == isa->floats) {
      isas.pop_back();
    }
    isas.push_back(isa);
  }
  return isas;
}

inline std::vector<std::string> each_isa(Precision precision = Precision::kFloat32) {
  if (precision == Precision::kBfloat16) return cpu_instruction_sets(precision);
  std::vector<std::string> names;
  for (const cpu::Isa* isa : float32_isas()) names.emplace_back(isa->name);
  return names;
}

// The part of a test's name that stands for the set.
inline std::string test_name(std::string isa) {
  std::ranges::replace(isa, '-', '_');
  return isa;
}

inline std::string name_of_isa(const testing::TestParamInfo<std::string>& info) {
  return test_name(info.param);
}

}  // namespace charrnn
