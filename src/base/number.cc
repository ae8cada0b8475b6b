#include "base/number.h"

#include <fmt/core.h>

#include <charconv>
#include <cmath>

#include "base/error.h"

namespace charrnn {
namespace {

[[noreturn]] void refuse(std::string_view text, std::string_view what, std::string_view expected) {
  throw Error(ErrorKind::kUsage, "bad_value",
              fmt::format("{}: '{}' is not {}", what, text, expected),
              fmt::format("give {} {}", what, expected));
}

// Parses `text` as one number of type T; false if it is anything else.
template <class T>
bool read(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

std::string range_text(IntegerRange range) {
  const IntegerRange all;
  if (range.max == all.max && range.min == all.min) return "a whole number";
  if (range.max == all.max) return fmt::format("a whole number of at least {}", range.min);
  return fmt::format("a whole number from {} to {}", range.min, range.max);
}

std::string range_text(RealRange range) {
  const RealRange all;
  const std::string low = range.min == all.min
                              ? ""
                              : fmt::format(" {} {}", range.open_min ? "above" : "from", range.min);
  const std::string high =
      range.max == all.max ? ""
                           : fmt::format(" {} {}", range.open_max ? "below" : "up to", range.max);
  return low.empty() && high.empty() ? "a number" : "a number" + low + high;
}

bool is_within(const RealRange& range, double value) {
  return (range.open_min ? value > range.min : value >= range.min) &&
         (range.open_max ? value < range.max : value <= range.max);
}

// As the engines hold it: they flush subnormal numbers to zero.
float stored_float(double value) {
  const auto stored = static_cast<float>(value);
  return std::fpclassify(stored) == FP_SUBNORMAL ? 0 : stored;
}

}  // namespace

int64_t parse_integer(std::string_view text, std::string_view what, IntegerRange range) {
  int64_t value = 0;
  if (!read(text, value) || value < range.min || value > range.max) {
    refuse(text, what, range_text(range));
  }
  return value;
}

uint64_t parse_unsigned(std::string_view text, std::string_view what) {
  uint64_t value = 0;
  if (!read(text, value)) refuse(text, what, "a whole number from 0 to 18446744073709551615");
  return value;
}

// The range holds for the float32 nearest to the value as well, with which engines compute.
double parse_real(std::string_view text, std::string_view what, RealRange range) {
  double value = 0;
  if (!read(text, value) || !std::isfinite(value) || !is_within(range, value)) {
    refuse(text, what, range_text(range));
  }
  const float stored = stored_float(value);
  const RealRange stored_range{stored_float(range.min), stored_float(range.max), range.open_min,
                               range.open_max};
  if (!is_within(stored_range, stored)) {
    throw Error(ErrorKind::kUsage, "bad_value",
                fmt::format("{}: '{}' is {} in float32, which is not {}", what, text, stored,
                            range_text(range)),
                fmt::format("give {} that a float32 can hold", range_text(range)));
  }
  return value;
}

bool parse_boolean(std::string_view text, std::string_view what) {
  for (const auto* yes : {"1", "on", "true", "yes"}) {
    if (text == yes) return true;
  }
  for (const auto* no : {"0", "off", "false", "no"}) {
    if (text == no) return false;
  }
  refuse(text, what, "one of true, false, on, off, 1, 0");
}

double parse_duration(std::string_view text, std::string_view what) {
  const std::string_view expected = "a duration such as 30s, 10m or 2h";
  if (text.empty()) refuse(text, what, expected);
  double unit = 1;
  std::string_view number = text;
  const char last = text.back();
  if (last == 's' || last == 'm' || last == 'h') {
    unit = last == 's' ? 1 : last == 'm' ? 60 : 3600;
    number.remove_suffix(1);
  }
  double value = 0;
  if (!read(number, value) || !std::isfinite(value) || value <= 0 || value * unit > 1e9) {
    refuse(text, what, expected);
  }
  return value * unit;
}

}  // namespace charrnn
