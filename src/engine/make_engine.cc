#include "engine/make_engine.h"

#include "base/error.h"
#include "engine/cpu/cpu_engine.h"
#include "engine/cuda/cuda_engine.h"
#include "engine/reference/reference_engine.h"

namespace charrnn {

std::vector<std::string> cpu_instruction_sets(Precision precision) {
  return cpu::available_isas(precision);
}

bool has_fast_bf16(const EngineOptions& options) {
  if (options.device == Device::kReference || options.device == Device::kCuda) return false;
  const cpu::Isa& isa = cpu::choose_isa(options.isa, Precision::kFloat32);
  return isa.bfloat16 != nullptr && !isa.emulates_bf16;
}

std::unique_ptr<Engine> make_engine(const ModelConfig& config, const EngineOptions& options) {
  if (options.device == Device::kReference)
    return std::make_unique<reference::ReferenceEngine>(config);
  if (options.device == Device::kCuda) return make_cuda_engine(config, options);
  return cpu::make_cpu_engine(config, options);
}

}  // namespace charrnn
