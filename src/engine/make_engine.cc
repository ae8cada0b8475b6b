#include "engine/make_engine.h"

#include "base/error.h"
#include "engine/reference/reference_engine.h"

namespace charrnn {

std::unique_ptr<Engine> make_engine(const ModelConfig& config, const EngineOptions& options) {
  if (options.device == Device::kReference)
    return std::make_unique<reference::ReferenceEngine>(config);
  throw Error(ErrorKind::kUsage, "no_engine", "no engine is built in", "build one");
}

}  // namespace charrnn
