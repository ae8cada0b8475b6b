#include "engine/make_engine.h"

#include "base/error.h"
#include "engine/cpu/cpu_engine.h"
#include "engine/cuda/cuda_engine.h"
#include "engine/reference/reference_engine.h"

namespace charrnn {

std::unique_ptr<Engine> make_engine(const ModelConfig& config, const EngineOptions& options) {
  if (options.device == Device::kReference)
    return std::make_unique<reference::ReferenceEngine>(config);
  if (options.device == Device::kCuda) return make_cuda_engine(config, options);
  return cpu::make_cpu_engine(config, options);
}

}  // namespace charrnn
