// The figures to beat as a run keeps them: one line of metrics.jsonl without a step.
#pragma once

#include <optional>
#include <string>

#include "evaluate/ngram/baseline.h"

namespace charrnn {

// With its newline; empty where nothing was measured.
std::string baseline_line(const Baseline& baseline);

// Nothing where a line is not one.
std::optional<Baseline> read_baseline_line(const std::string& line);

}  // namespace charrnn
