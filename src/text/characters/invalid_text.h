// The error for text that is not UTF-8.
#pragma once

#include <string_view>

#include "text/characters/utf8.h"

namespace charrnn {

// Throws Error (kData) for the decoder's first fault; it must have one. where: how the message
// names the text.
[[noreturn]] void throw_invalid_utf8(const Utf8Decoder& decoder, std::string_view where);

}  // namespace charrnn
