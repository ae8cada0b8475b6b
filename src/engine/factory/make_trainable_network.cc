#include "engine/factory/make_trainable_network.h"

#include "engine/cpu/cpu_engine.h"
#include "engine/cuda/cuda_engine.h"
#include "engine/reference/reference_network.h"

namespace charrnn {

std::unique_ptr<TrainableNetwork> make_trainable_network(const ModelConfig& config,
                                                         const EngineOptions& options) {
  check_device(options);
  switch (chosen_device(options)) {
    case Device::kReference:
      return std::make_unique<reference::ReferenceNetwork>(config);
    case Device::kCuda:
      return make_trainable_cuda_network(config, options);
    case Device::kAuto:
    case Device::kCpu:
      break;
  }
  return cpu::make_trainable_cpu_network(config, options);
}

}  // namespace charrnn
