// Features of each position of a text, computed without a network: inside quotes, position in the
// line, … Units are compared with them to see what they track.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace charrnn {

struct TextFeature {
  std::string name;   // for programs
  std::string title;  // for people
  bool is_binary = true;
  std::vector<float> values;  // one for each character: 0 or 1, or a number
};

// A value describes the text up to and including its character: what a network can know then.
std::vector<TextFeature> text_features(std::span<const char32_t> text);

}  // namespace charrnn
