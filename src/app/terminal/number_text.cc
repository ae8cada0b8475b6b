#include "app/terminal/number_text.h"

#include <fmt/core.h>

#include <cmath>

namespace charrnn {

std::string pace_text(uint64_t characters, double seconds) {
  const std::string time = fmt::format("{} in {:.{}f} s", counted(characters, "character"), seconds,
                                       seconds < 1 ? 3 : 1);
  if (seconds <= 0) return time;
  const auto rate = static_cast<uint64_t>(std::llround(static_cast<double>(characters) / seconds));
  return fmt::format("{}, {} a second", time, grouped(rate));
}

}  // namespace charrnn
