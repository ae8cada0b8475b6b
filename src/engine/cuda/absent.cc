// Stands in for the GPU engine in a build without it.
#include "base/error.h"
#include "engine/cuda/cuda_engine.h"

namespace charrnn {

std::string why_no_cuda() { return "this charrnn was built without CUDA"; }

std::unique_ptr<Engine> make_cuda_engine(const ModelConfig&, const EngineOptions&) {
  throw Error(ErrorKind::kUsage, "no_cuda", "no GPU: " + why_no_cuda() + " (--device cuda)",
              "leave --device away, or take --device cpu");
}

}  // namespace charrnn
