// How a JsonOutput looks as text.
#include <charconv>
#include <cmath>
#include <nlohmann/detail/conversions/to_chars.hpp>

#include "base/json/json.h"

namespace charrnn {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// Bytes of the sequence of UTF-8 at the beginning of `text`, or 0 where it is broken: then
// `broken` is how many belong together, one U+FFFD for all of them.
size_t sequence_length(std::string_view text, size_t& broken) {
  broken = 1;
  const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const int lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  int low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  int high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  for (; broken < length; ++broken) {
    if (broken == text.size() || byte(broken) < low || byte(broken) > high) return 0;
    low = 0x80, high = 0xbf;
  }
  return length;
}

void write_escaped(unsigned char byte, std::string& to) {
  static constexpr std::string_view kMeanings = "\"\\\b\f\n\r\t", kNames = "\"\\bfnrt";
  static constexpr char kDigits[] = "0123456789abcdef";
  to += '\\';
  const size_t index = kMeanings.find(static_cast<char>(byte));
  if (index != std::string_view::npos) {
    to += kNames[index];
  } else {
    to += "u00";
    to += kDigits[byte >> 4];
    to += kDigits[byte & 15];
  }
}

void write_text(std::string_view text, std::string& to) {
  to += '"';
  while (!text.empty()) {
    size_t plain = 0, broken = 0;
    while (plain < text.size()) {
      const auto byte = static_cast<unsigned char>(text[plain]);
      if (byte < 0x20 || byte == '"' || byte == '\\') break;
      const size_t length = sequence_length(text.substr(plain), broken);
      if (length == 0) break;
      plain += length;
    }
    to += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto byte = static_cast<unsigned char>(text[0]);
    if (byte < 0x80) {
      write_escaped(byte, to);
      text.remove_prefix(1);
    } else {
      to += kReplacement;
      text.remove_prefix(broken);
    }
  }
  to += '"';
}

template <class Number>
void write_integer(Number value, std::string& to) {
  char digits[24];
  to.append(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr);
}

// The library's digits, which are those of Grisu2: now and then one more than the shortest.
void write_real(double value, std::string& to) {
  char digits[64];
  if (!std::isfinite(value)) {
    to += "null";
  } else {
    to.append(digits, nlohmann::detail::to_chars(digits, digits + sizeof(digits), value));
  }
}

void write_value(const JsonOutput& value, std::string& to) {
  const char* separator = "";
  switch (value.kind()) {
    case JsonKind::kNull:
      to += "null";
      break;
    case JsonKind::kBoolean:
      to += value.get<bool>() ? "true" : "false";
      break;
    case JsonKind::kInteger:
      write_integer(value.get<int64_t>(), to);
      break;
    case JsonKind::kUnsigned:
      write_integer(value.get<uint64_t>(), to);
      break;
    case JsonKind::kReal:
      write_real(value.get<double>(), to);
      break;
    case JsonKind::kText:
      write_text(value.text(), to);
      break;
    case JsonKind::kArray:
      to += '[';
      for (const JsonOutput& element : value) {
        to += std::exchange(separator, ",");
        write_value(element, to);
      }
      to += ']';
      break;
    case JsonKind::kObject:
      to += '{';
      for (const auto& [key, member] : value.items()) {
        to += std::exchange(separator, ",");
        write_text(key, to);
        to += ':';
        write_value(member, to);
      }
      to += '}';
      break;
  }
}

}  // namespace

std::string dump_json(const JsonOutput& value) {
  std::string text;
  write_value(value, text);
  return text;
}

}  // namespace charrnn
