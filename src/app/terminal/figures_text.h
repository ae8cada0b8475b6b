// Losses as text for people, and their interpretation.
#pragma once

#include <string>
#include <string_view>

#include "evaluate/ngram/baseline.h"

namespace charrnn {

double bits(double nats);

// "1.4697 ± 0.0171 nats = 2.120 ± 0.025 bits per character"; margin: NaN if there is none. unit:
// "character", or "byte" where the characters are bytes.
std::string loss_text(double nats, double margin, std::string_view unit);

// "1.5163 ± 0.0168 nats = … (an n-gram model: counts what follows 6 characters)", and what a limit
// changed.
std::string ngram_text(const Baseline& baseline, std::string_view unit);
// "2.518 bits per character (LZMA2 (xz -9e))"
std::string compressor_text(const Baseline& baseline, std::string_view unit);

}  // namespace charrnn
