// A text with the surprisal of each character, -log2 p bits: as a background colour or, without
// colour, as a digit below it.
#pragma once

#include <string>
#include <string_view>

#include "app/terminal/terminal.h"

namespace charrnn {

class SurpriseView {
 public:
  SurpriseView(const Terminal& terminal, int width);

  static std::string legend(const Terminal& terminal);

  // The next character, as UTF-8 or one byte. NaN: not predicted. Returns the lines that are
  // complete.
  std::string add(std::string_view character, double bits);
  std::string finish();  // the last line

 private:
  void put(std::string_view shown, int columns, double bits);
  std::string end_line();

  const Terminal& terminal_;
  int width_;  // columns
  int column_ = 0;
  std::string line_;
  std::string digits_;  // below it
};

}  // namespace charrnn
