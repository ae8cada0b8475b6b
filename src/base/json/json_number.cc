#include "base/json/json_number.h"

#include <fmt/core.h>

#include <cmath>
#include <cstdlib>

namespace charrnn {

double json_number(double value) {
  if (!std::isfinite(value) || value == 0) return value;
  return std::strtod(fmt::format("{:.6g}", value).c_str(), nullptr);
}

}  // namespace charrnn
