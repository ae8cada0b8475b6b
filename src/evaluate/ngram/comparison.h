// A loss beside the better of the baselines, on the same characters.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "evaluate/ngram/baseline.h"

namespace charrnn {

// The baseline with the lowest loss.
struct BestBaseline {
  double loss = std::numeric_limits<double>::quiet_NaN();  // nats per character; NaN: none
  std::string name;  // "an n-gram model that sees 6 characters", and what limited it
  bool of_several = false;
  bool sees_nothing = false;  // it knows how often each character occurs, and no more
};

// unit: "character", or "byte" where the characters are bytes.
BestBaseline best_of(const Baseline& baseline, std::string_view unit);

enum class Standing { kUnknown, kBetter, kAlike, kWorse };

// Losses of the same characters, so that small differences count: within a hundredth of the
// baseline they are alike.
Standing standing(double loss, const BestBaseline& best);

// "LZMA2 (xz -9e), the better of two baselines, needs 2.187 bits per character: the network needs
// 3.1 % less." Without its beginning, which says which characters these are.
std::string comparison_text(double loss, const BestBaseline& best, std::string_view unit);

}  // namespace charrnn
