// The error for text that is not UTF-8.
#pragma once

#include <string_view>

#include "text/characters/utf8.h"

namespace charrnn {

// What is known of the text, and what a command offers.
struct InvalidText {
  std::string_view where;        // how the message names it
  std::string_view file = {};    // its name for a command; empty where it is none
  std::string_view sample = {};  // some of its bytes, with bad ones
  uint64_t offset = 0;           // of the sample in the text, in bytes
  bool offers_bytes = true;      // the command has --encoding bytes
  bool offers_replace = true;    // the command has --invalid replace
};

// Throws Error (kData) for the decoder's first fault; it must have one. The hint has the iconv
// command that converts the text where its encoding is recognised.
[[noreturn]] void throw_invalid_utf8(const Utf8Decoder& decoder, const InvalidText& text);

// "iconv -f UTF-16 -t UTF-8 notes.txt >notes.utf-8.txt"; without a file "iconv -f UTF-16 -t UTF-8".
std::string iconv_command(std::string_view encoding, std::string_view file);

}  // namespace charrnn
