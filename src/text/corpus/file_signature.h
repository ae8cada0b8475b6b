// Recognises files that are not text by their first bytes.
#pragma once

#include <optional>
#include <string_view>

namespace charrnn {

// Bytes at the start of a file that are examined.
constexpr size_t kSignatureSize = 8;

struct FileSignature {
  std::string_view name;  // "gzip"
  std::string_view hint;  // what to do instead
};

std::optional<FileSignature> find_file_signature(std::string_view first_bytes);

constexpr std::string_view kUtf8ByteOrderMark = "\xEF\xBB\xBF";

}  // namespace charrnn
