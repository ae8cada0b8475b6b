// What a file's first bytes say that it is, where that is no text.
#pragma once

#include <optional>
#include <string_view>

namespace charrnn {

// How many bytes of a file are looked at.
constexpr size_t kSignatureSize = 8;

struct FileSignature {
  std::string_view name;  // "gzip"
  std::string_view hint;  // what to do instead
};

std::optional<FileSignature> find_file_signature(std::string_view first_bytes);

constexpr std::string_view kUtf8ByteOrderMark = "\xEF\xBB\xBF";

}  // namespace charrnn
