// The training loss around a step, from metrics.jsonl.
#pragma once

#include <cstdint>
#include <string>

namespace charrnn {

// Mean over the steps after `from` up to `to`, nats per character: a report may be of one step
// alone, whose loss says little. NaN where the file has none of them.
double recent_loss(const std::string& metrics_path, int64_t from, int64_t to);

}  // namespace charrnn
