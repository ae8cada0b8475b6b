#include "text/characters/invalid_text.h"

#include <fmt/core.h>

#include "base/error.h"
#include "base/short_number.h"
#include "text/characters/encoding_guess.h"
#include "text/characters/shell_word.h"

namespace charrnn {
namespace {

std::string hint_for(const InvalidText& text) {
  const std::string encoding = guess_encoding(text.sample, text.offset);
  if (!encoding.empty()) {
    return fmt::format("it looks like {}; convert it: {}", encoding,
                       iconv_command(encoding, text.file));
  }
  std::string hint = "find out its encoding and convert it with iconv";
  if (text.offers_bytes) hint += ", or take each byte as a character with --encoding bytes";
  if (text.offers_replace) hint += ", or put U+FFFD in place of bad ones with --invalid replace";
  return hint;
}

}  // namespace

void throw_invalid_utf8(const Utf8Decoder& decoder, const InvalidText& text) {
  const Utf8Fault& fault = decoder.first_fault();
  std::string others;
  if (decoder.faults() > 1) {
    others = fmt::format("; {} bad places in all", grouped(decoder.faults()));
  }
  throw Error(ErrorKind::kData, "invalid_utf8",
              fmt::format("{} is not UTF-8: bytes {} at byte {}, line {}{}", text.where,
                          fault.hex(), fault.offset, fault.line, others),
              hint_for(text));
}

std::string iconv_command(std::string_view encoding, std::string_view file) {
  if (file.empty() || file == "-") return fmt::format("iconv -f {} -t UTF-8", encoding);
  return fmt::format("iconv -f {} -t UTF-8 {} >{}", encoding, shell_argument(file),
                     shell_argument(converted_name(file, "utf-8")));
}

}  // namespace charrnn
