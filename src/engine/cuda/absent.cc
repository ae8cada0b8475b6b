// Stands in for the GPU engine in a build without it.
#include "engine/cuda/cuda_engine.h"

namespace charrnn {

std::string why_no_cuda() { return "this charrnn was built without CUDA"; }

std::unique_ptr<Network> make_cuda_network(const ModelConfig&, const EngineOptions&) {
  require_cuda();  // throws
  return nullptr;
}

std::unique_ptr<TrainableNetwork> make_trainable_cuda_network(const ModelConfig&,
                                                              const EngineOptions&) {
  require_cuda();  // throws
  return nullptr;
}

}  // namespace charrnn
