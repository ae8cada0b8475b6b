// Strict parsing: the whole text must be one number in range; anything else throws Error (kUsage).
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

namespace charrnn {

struct IntegerRange {
  int64_t min = std::numeric_limits<int64_t>::min();
  int64_t max = std::numeric_limits<int64_t>::max();
};

struct RealRange {
  double min = -std::numeric_limits<double>::max();
  double max = std::numeric_limits<double>::max();
  bool open_min = false;  // min itself is refused
  bool open_max = false;
};

// what: how messages name the value, such as "--hidden-size".
int64_t parse_integer(std::string_view text, std::string_view what, IntegerRange range = {});
uint64_t parse_unsigned(std::string_view text, std::string_view what);
double parse_real(std::string_view text, std::string_view what, RealRange range = {});
bool parse_boolean(std::string_view text, std::string_view what);

// "90", "30s", "10m", "2h", "1.5h" → seconds.
double parse_duration(std::string_view text, std::string_view what);

}  // namespace charrnn
