#include "base/short_number.h"

#include <fmt/core.h>

#include <cctype>
#include <cmath>

namespace charrnn {

std::string short_number(double value) {
  constexpr const char* kUnits[] = {"", "k", "M", "G", "T"};
  int unit = 0;
  while (std::abs(value) >= 999.5 && unit < 4) value /= 1000, ++unit;
  if (unit == 0) return fmt::format("{:.0f}", value);
  return fmt::format("{:.{}f}{}", value, std::abs(value) < 9.95 ? 1 : 0, kUnits[unit]);
}

std::string byte_size(double bytes) {
  std::string text = short_number(bytes);
  if (std::isdigit(static_cast<unsigned char>(text.back()))) {
    return counted(static_cast<uint64_t>(std::llround(bytes)), "byte");
  }
  return text.insert(text.size() - 1, " ") + 'B';
}

std::string grouped(uint64_t value) {
  std::string digits = std::to_string(value);
  for (int i = static_cast<int>(digits.size()) - 3; i > 0; i -= 3) digits.insert(i, 1, ',');
  return digits;
}

std::string counted(uint64_t count, std::string_view noun) {
  const bool hisses = noun.ends_with("ch") || noun.ends_with('s');
  return fmt::format("{} {}{}", grouped(count), noun, count == 1 ? "" : hisses ? "es" : "s");
}

}  // namespace charrnn
