#include "text/corpus/file_signature.h"

#include <fmt/core.h>

#include <array>
#include <filesystem>

#include "base/error.h"
#include "text/characters/shell_word.h"

namespace charrnn {
namespace {

using namespace std::string_view_literals;

struct Signature {
  std::string_view bytes;
  FileSignature meaning;
};

constexpr std::string_view kUtf16 = "convert it: iconv -f UTF-16 -t UTF-8 {in} >{out}";
constexpr std::string_view kUtf32 = "convert it: iconv -f UTF-32 -t UTF-8 {in} >{out}";

// A signature precedes those that are its prefixes.
constexpr std::array<Signature, 13> kSignatures = {{
    {"\xFF\xFE\0\0"sv, {"UTF-32", kUtf32}},
    {"\0\0\xFE\xFF"sv, {"UTF-32", kUtf32}},
    {"\xFF\xFE"sv, {"UTF-16", kUtf16}},
    {"\xFE\xFF"sv, {"UTF-16", kUtf16}},
    {"\x1F\x8B"sv, {"gzip", "unpack it: zcat <{in} >{out}"}},
    {"\xFD"
     "7zXZ\0"sv,
     {"xz", "unpack it: xzcat <{in} >{out}"}},
    {"\x28\xB5\x2F\xFD"sv, {"zstd", "unpack it: zstdcat <{in} >{out}"}},
    {"PK\x03\x04"sv, {"zip", "unpack it: unzip -p {in} >{out}"}},
    {"\x7F"
     "ELF"sv,
     {"ELF, a program", ""}},
    {"\x89PNG"sv, {"PNG, a picture", ""}},
    {"\xFF\xD8\xFF"sv, {"JPEG, a picture", ""}},
    {"%PDF-"sv, {"PDF", "take its text: pdftotext {in} {out}"}},
    {"7z\xBC\xAF\x27\x1C"sv, {"7-Zip", "unpack it: 7z x -so {in} >{out}"}},
}};

std::string advice_for(const FileSignature& signature, std::string_view file, bool offers_bytes) {
  if (signature.advice.empty()) {
    return offers_bytes ? "give a text, or take each byte as a character with --encoding bytes"
                        : "give a text";
  }
  const bool is_named = !file.empty() && file != "-";
  std::string advice(signature.advice);
  const auto put = [&advice](std::string_view place, const std::string& name) {
    advice.replace(advice.find(place), place.size(), name);
  };
  const std::string text = std::filesystem::path(file).replace_extension(".txt").string();
  put("{in}", is_named ? shell_argument(file) : "FILE");
  put("{out}", is_named ? shell_argument(converted_name(text, "utf-8")) : "TEXT");
  return advice;
}

}  // namespace

void throw_not_a_text(const FileSignature& signature, std::string_view where, std::string_view file,
                      bool offers_bytes) {
  throw Error(ErrorKind::kData, "not_a_text",
              fmt::format("this is not UTF-8 text: it looks like {} ({})", signature.name, where),
              advice_for(signature, file, offers_bytes));
}

std::optional<FileSignature> find_file_signature(std::string_view first_bytes) {
  for (const Signature& signature : kSignatures) {
    if (first_bytes.starts_with(signature.bytes)) return signature.meaning;
  }
  return std::nullopt;
}

}  // namespace charrnn
