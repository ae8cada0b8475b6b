#include "engine/machine_text.h"

#include <fmt/core.h>

namespace charrnn {

std::string machine_text(const EngineInfo& info) {
  const std::string precision = info.precision == "f32" ? "" : ", " + info.precision;
  if (info.device == "cuda") return fmt::format("GPU, {}{}", info.isa, precision);
  if (info.device == "cpu") {
    return fmt::format("CPU, {}, {} thread{}{}", info.isa, info.threads,
                       info.threads == 1 ? "" : "s", precision);
  }
  return info.device + precision;
}

}  // namespace charrnn
