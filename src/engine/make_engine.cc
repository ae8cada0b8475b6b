#include "engine/make_engine.h"

#include "base/error.h"

namespace charrnn {

std::unique_ptr<Engine> make_engine(const ModelConfig&, const EngineOptions&) {
  throw Error(ErrorKind::kUsage, "no_engine", "no engine is built in", "build one");
}

}  // namespace charrnn
