#include "app/terminal/number_text.h"

#include <fmt/core.h>

#include <cmath>

namespace charrnn {

std::string pace_text(uint64_t count, double seconds, std::string_view unit) {
  std::string time =
      fmt::format("{} in {:.{}f} s", counted(count, unit), seconds, seconds < 1 ? 3 : 1);
  if (seconds <= 0) return time;
  const auto rate = static_cast<uint64_t>(std::llround(static_cast<double>(count) / seconds));
  return fmt::format("{}, {} a second", time, grouped(rate));
}

}  // namespace charrnn
