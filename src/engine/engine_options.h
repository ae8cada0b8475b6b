// What an engine is made with.
#pragma once

#include <string>

#include "engine/workload.h"

namespace charrnn {

enum class Device { kAuto, kCpu, kCuda, kReference };
enum class Precision { kFloat32, kBfloat16 };

struct EngineOptions {
  Device device = Device::kAuto;
  Precision precision = Precision::kFloat32;
  std::string isa;  // of the CPU; empty: the best there is; else "portable", "avx2", "avx512", …
  int threads = 0;  // of the CPU; 0: the cores this process may use
  // Of each batch in training, on the CPU alone: sums of each part are added in a tree, which fixes
  // their bits. A power of two; 0: 1 below 16 streams, else 2.
  int parts = 0;
  Workload workload;  // what the engine is made for: kAuto chooses by it
};

}  // namespace charrnn
