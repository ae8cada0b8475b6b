// For tests: twenty texts of very different kinds, as hard to learn as zeros or as noise.
#pragma once

#include <string>
#include <vector>

#include "base/random.h"

namespace charrnn {

inline std::string words_of(const std::vector<std::string>& words, std::string_view between,
                            size_t size, MersenneTwister& draw) {
  std::string text;
  while (text.size() < size) text.append(words[draw.u32() % words.size()]).append(between);
  return text.substr(0, size);
}

inline std::string characters_of(std::string_view characters, size_t size, MersenneTwister& draw) {
  std::string text;
  while (text.size() < size) text += characters[draw.u32() % characters.size()];
  return text;
}

inline std::string repeated(std::string_view block, size_t size) {
  std::string text;
  while (text.size() < size) text += block;
  return text.substr(0, size);
}

inline std::vector<std::string> kinds_of_text(size_t size) {
  MersenneTwister draw(17);
  std::string printable, upper, counted, squares;
  for (char c = ' '; c <= '~'; ++c) printable += c;
  for (char c = 'A'; c <= 'Z'; ++c) upper += c;
  for (int i = 0; counted.size() < size; ++i) counted += std::to_string(i) + "\n";
  for (int i = 0; squares.size() < size; ++i) squares += std::to_string(i * i) + ",";
  return {repeated("0", size),
          repeated("ab", size),
          repeated("\n", size),
          repeated("the same line again and again\n", size),
          repeated("x", size / 2) + repeated("y", size - size / 2),
          characters_of("01", size, draw),
          characters_of("0123456789", size, draw),
          characters_of("0123456789abcdef", size, draw),
          characters_of(printable, size, draw),
          characters_of(upper, size, draw),
          characters_of("acgt", size, draw),
          words_of({"the", "sea", "was", "calm", "and", "grey", "sky", "road"}, " ", size, draw),
          words_of({"SIE", "ER", "ES", "WIR", "IHR"}, ". ", size, draw),
          words_of({"if (x) {\n", "  y += 1;\n", "}\n", "return y;\n"}, "", size, draw),
          words_of({"<b>", "</b>", "<i>", "</i>", "text"}, "", size, draw),
          words_of({"{\"a\": 1}", "{\"b\": [2, 3]}", "null"}, ",\n", size, draw),
          words_of({"....", "####", "@@@@@@@@"}, "\n", size, draw),
          counted.substr(0, size),
          squares.substr(0, size),
          words_of({"!?", "?!", "..."}, "", size, draw)};
}

}  // namespace charrnn
