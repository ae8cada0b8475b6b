#include "text/characters/invalid_text.h"

#include <fmt/core.h>

#include "base/error.h"

namespace charrnn {

void throw_invalid_utf8(const Utf8Decoder& decoder, std::string_view where) {
  const Utf8Fault& fault = decoder.first_fault();
  std::string others;
  if (decoder.faults() > 1) others = fmt::format("; {} bad places in all", decoder.faults());
  throw Error(ErrorKind::kData, "invalid_utf8",
              fmt::format("{} is not UTF-8: bytes {} at byte {}, line {}{}", where, fault.hex(),
                          fault.offset, fault.line, others),
              "take each byte as a character with --encoding bytes, or put U+FFFD in place of bad "
              "ones with --invalid replace");
}

}  // namespace charrnn
