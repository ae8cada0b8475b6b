// Sparklines: a curve in one line of text.
#pragma once

#include <span>
#include <string>

namespace charrnn {

// One block per value, from ▁ for `low` to █ for `high`; a space for a value that is not finite.
std::string spark_line(std::span<const double> values, double low, double high);

// At most `columns` blocks from the smallest value to the largest; each is the mean of the values
// it covers.
std::string spark_line(std::span<const double> values, int columns);

}  // namespace charrnn
