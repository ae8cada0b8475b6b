#include "engine/machine_text.h"

#include <gtest/gtest.h>

namespace charrnn {
namespace {

TEST(MachineText, NamesWhatAPersonCanTellMachinesApartBy) {
  EXPECT_EQ(machine_text({"cpu", "avx2", "f32", 2}), "CPU, avx2, 2 threads");
  EXPECT_EQ(machine_text({"cpu", "avx512-bf16", "bf16", 1}), "CPU, avx512-bf16, 1 thread, bf16");
  EXPECT_EQ(machine_text({"cuda", "NVIDIA H100 80GB HBM3", "f32", 1}),
            "GPU, NVIDIA H100 80GB HBM3");
  EXPECT_EQ(machine_text({"cuda", "NVIDIA H100 80GB HBM3", "bf16", 1}),
            "GPU, NVIDIA H100 80GB HBM3, bf16");
  EXPECT_EQ(machine_text({"reference", "", "f64", 1}), "reference, f64");
}

}  // namespace
}  // namespace charrnn
