// Generated text on its way to a terminal: it may hold anything the model has learned, escape
// sequences included, and in byte encoding it comes in parts of characters.
#pragma once

#include <string>
#include <string_view>

namespace charrnn {

class TerminalText {
 public:
  // What can be shown now: whole characters, with control characters (but newlines and tabs) and
  // bytes that are not UTF-8 written as \x1b. An unfinished character waits for its rest.
  std::string feed(std::string_view bytes);
  // What still waits.
  std::string finish();

 private:
  std::string open_;  // up to three bytes: the beginning of a character
};

}  // namespace charrnn
