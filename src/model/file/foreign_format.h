// Recognises other model formats by their first bytes, and says how to convert them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace charrnn {

struct ForeignFormat {
  std::string what;  // "a PyTorch pickle; it can run code, so it isn't read"
  std::string hint;  // how to convert it
};

// content: the file, or its first few hundred bytes; file_size: of the whole. Nothing if it may be
// a safetensors file.
std::optional<ForeignFormat> find_foreign_format(std::string_view content, uint64_t file_size);

}  // namespace charrnn
