#include "engine/make_engine.h"

#include "base/error.h"
#include "engine/reference/reference_engine.h"
#include "engine/cpu/cpu_engine.h"

namespace charrnn {

std::unique_ptr<Engine> make_engine(const ModelConfig& config, const EngineOptions& options) {
  if (options.device == Device::kReference)
    return std::make_unique<reference::ReferenceEngine>(config);
  return cpu::make_cpu_engine(config, options);
}

}  // namespace charrnn
