// The JSON header of a safetensors file: its tensors and where they are.
// Format: https://github.com/huggingface/safetensors
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/dtype.h"

namespace charrnn {

struct SafetensorsEntry {
  std::string name;
  Dtype dtype = Dtype::kF32;
  std::vector<int64_t> shape;  // row-major; empty: a scalar
  uint64_t begin = 0;          // in bytes from the end of the header
  uint64_t end = 0;            // exclusive
  int64_t size() const {       // elements
    return static_cast<int64_t>(end - begin) / dtype_traits(dtype).bytes;
  }
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;        // in the order of the file
  std::map<std::string, std::string> metadata;  // `__metadata__`
};

// Reads and checks a whole header: types, duplicates, known dtypes, sizes (without overflow), and
// that the tensors cover `data_size` bytes without gaps or overlaps. Memory is bounded by a small
// multiple of the text. Throws Error (kModel); path is for messages.
SafetensorsHeader parse_safetensors_header(std::string_view json, uint64_t data_size,
                                           const std::string& path);

// The header's text: one line each for the metadata and for every tensor, padded with spaces to a
// multiple of 8 bytes.
std::string format_safetensors_header(const SafetensorsHeader& header);

// "[128, 65]"
std::string format_shape(const std::vector<int64_t>& shape);

}  // namespace charrnn
