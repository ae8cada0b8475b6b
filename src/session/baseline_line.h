// The baselines of a run as one line of metrics.jsonl without a step.
#pragma once

#include <optional>
#include <string>

#include "evaluate/ngram/baseline.h"

namespace charrnn {

// With its newline; empty if nothing was measured.
std::string baseline_line(const Baseline& baseline);

// Nothing if the line is a different one.
std::optional<Baseline> read_baseline_line(const std::string& line);

}  // namespace charrnn
