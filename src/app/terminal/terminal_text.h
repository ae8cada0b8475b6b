// Makes generated text safe for a terminal: it may contain escape sequences, and in byte encoding
// it arrives in fragments of characters.
#pragma once

#include <string>
#include <string_view>

namespace charrnn {

class TerminalText {
 public:
  // What can be shown now: whole characters, with control characters (except newlines and tabs) and
  // ill-formed bytes written as \x1b. An incomplete character waits for its rest.
  std::string feed(std::string_view bytes);
  // What still waits.
  std::string finish();

 private:
  std::string open_;  // up to three bytes: the beginning of a character
};

}  // namespace charrnn
