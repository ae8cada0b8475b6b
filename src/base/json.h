// JSON within bounds: nesting of 64 at most, no duplicate keys, numbers that are what they seem.
//
// The library underneath would take the last of two equal keys, read -1 or 2^64 as an unsigned
// number, and overflow the stack when it copies or prints deep nesting.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

namespace charrnn {

// What we read has its keys sorted; what we write keeps them as they were put in.
using JsonValue = nlohmann::json;
using JsonOutput = nlohmann::ordered_json;

class JsonError : public std::runtime_error {
 public:
  JsonError(const std::string& why, size_t offset) : std::runtime_error(why), offset_(offset) {}
  size_t offset() const { return offset_; }  // in bytes; 0 where it is about a value

 private:
  size_t offset_;
};

struct JsonLimits {
  int max_depth = 64;
  size_t max_values = 1'000'000;  // values and keys together
};

// Throws JsonError.
JsonValue parse_json(std::string_view text, const JsonLimits& limits = {});

// One line. Text that is not UTF-8 has U+FFFD where it is broken; never throws for what is in
// `value`.
std::string dump_json(const JsonOutput& value);

// A whole number from 0 to max written as such (5, not 5.0, -0 or "5"), or JsonError naming `what`.
uint64_t json_unsigned(const JsonValue& value, std::string_view what,
                       uint64_t max = std::numeric_limits<uint64_t>::max());

// Any finite number, or JsonError naming `what`.
double json_real(const JsonValue& value, std::string_view what);

}  // namespace charrnn
