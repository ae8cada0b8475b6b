// Picks and builds an engine.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace charrnn {

enum class Device { kAuto, kCpu, kCuda, kReference };
enum class Precision { kFloat32, kBfloat16 };

struct EngineOptions {
  Device device = Device::kAuto;
  Precision precision = Precision::kFloat32;
  std::string isa;  // empty: the best this machine has; else "portable", "avx2", "avx512", …
  int threads = 0;  // 0: the cores this process may use
};

// The CPU's instruction sets that this machine and this build have for a precision, fastest first.
std::vector<std::string> cpu_instruction_sets(Precision precision);

// Does the engine that these options make compute bf16 faster than float32?
bool has_fast_bf16(const EngineOptions& options);

// Weights zero; load() comes next. Throws Error (kUsage) for an instruction set or device there is
// not.
std::unique_ptr<Engine> make_engine(const ModelConfig& config, const EngineOptions& options = {});

}  // namespace charrnn
