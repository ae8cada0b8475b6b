#include "text/corpus/file_signature.h"

#include <array>

namespace charrnn {
namespace {

using namespace std::string_view_literals;

struct Signature {
  std::string_view bytes;
  FileSignature meaning;
};

constexpr std::string_view kUtf16Hint = "convert it: iconv -f UTF-16 -t UTF-8 IN >OUT";
constexpr std::string_view kUtf32Hint = "convert it: iconv -f UTF-32 -t UTF-8 IN >OUT";
constexpr std::string_view kBytesHint =
    "give a text, or take each byte as a character with --encoding bytes";

// A signature precedes those that are its prefixes.
constexpr std::array<Signature, 13> kSignatures = {{
    {"\xFF\xFE\0\0"sv, {"UTF-32", kUtf32Hint}},
    {"\0\0\xFE\xFF"sv, {"UTF-32", kUtf32Hint}},
    {"\xFF\xFE"sv, {"UTF-16", kUtf16Hint}},
    {"\xFE\xFF"sv, {"UTF-16", kUtf16Hint}},
    {"\x1F\x8B"sv, {"gzip", "unpack it: zcat FILE | charrnn … -"}},
    {"\xFD"
     "7zXZ\0"sv,
     {"xz", "unpack it: xzcat FILE | charrnn … -"}},
    {"\x28\xB5\x2F\xFD"sv, {"zstd", "unpack it: zstdcat FILE | charrnn … -"}},
    {"PK\x03\x04"sv, {"zip", "unpack it: unzip -p FILE | charrnn … -"}},
    {"\x7F"
     "ELF"sv,
     {"ELF, a program", kBytesHint}},
    {"\x89PNG"sv, {"PNG, a picture", kBytesHint}},
    {"\xFF\xD8\xFF"sv, {"JPEG, a picture", kBytesHint}},
    {"%PDF-"sv, {"PDF", "take its text: pdftotext FILE - | charrnn … -"}},
    {"7z\xBC\xAF\x27\x1C"sv, {"7-Zip", "unpack it: 7z x -so FILE | charrnn … -"}},
}};

}  // namespace

std::optional<FileSignature> find_file_signature(std::string_view first_bytes) {
  for (const Signature& signature : kSignatures) {
    if (first_bytes.starts_with(signature.bytes)) return signature.meaning;
  }
  return std::nullopt;
}

}  // namespace charrnn
