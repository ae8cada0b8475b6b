// What one request may ask for.
#pragma once

#include <cstdint>

namespace charrnn {

constexpr double kMostPrompt = 262144;       // characters
constexpr double kMostCharacters = 1 << 20;  // generated
constexpr double kMostInspected = 16384;     // characters of an inspected text
constexpr int kMostTexts = 16;               // of one request
constexpr int kMostAlternatives = 100;
constexpr int64_t kMostScores = 4 << 20;  // log probabilities that one reply may hold in memory

}  // namespace charrnn
