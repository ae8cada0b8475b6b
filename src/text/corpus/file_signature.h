// Recognises files that are not text by their first bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace charrnn {

// Bytes at the start of a file that are examined.
constexpr size_t kSignatureSize = 8;

struct FileSignature {
  std::string_view name;    // "gzip"
  std::string_view advice;  // a command that makes a text of it, with {in} and {out}; or empty
};

// Throws Error (kData) with what to do about such a file, as a command to paste where its name is
// known. where: how the message names it. offers_bytes: whether --encoding bytes may be advised.
[[noreturn]] void throw_not_a_text(const FileSignature& signature, std::string_view where,
                                   std::string_view file, bool offers_bytes);

std::optional<FileSignature> find_file_signature(std::string_view first_bytes);

constexpr std::string_view kUtf8ByteOrderMark = "\xEF\xBB\xBF";

}  // namespace charrnn
