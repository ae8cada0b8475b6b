#include "base/error.h"
#include "engine/cuda/cuda_engine.h"

namespace charrnn {

void require_cuda() {
  const std::string why = why_no_cuda();
  if (why.empty()) return;
  throw Error(ErrorKind::kUsage, "no_cuda", "no GPU: " + why + " (--device cuda)",
              "leave --device out, or use --device cpu");
}

}  // namespace charrnn
