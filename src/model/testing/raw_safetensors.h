// For tests: safetensors files put together by hand, good or bad.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "model/file/safetensors.h"

namespace charrnn {

inline std::string length_bytes(uint64_t length) {
  return {reinterpret_cast<const char*>(&length), sizeof(length)};
}

inline std::string raw_safetensors(std::string_view header, std::string_view data) {
  return length_bytes(header.size()) + std::string(header) + std::string(data);
}

// The reader's verdict: the message of its Error (kModel), "" if it accepts the file, or a text
// that no test expects.
inline std::string refusal(std::string content) {
  try {
    SafetensorsFile(std::move(content), "m");
  } catch (const Error& error) {
    return error.kind() == ErrorKind::kModel ? error.what() : "not kModel: " + error.code();
  }
  return "";
}

}  // namespace charrnn
