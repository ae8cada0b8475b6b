// metrics.jsonl as CSV (RFC 4180): one row for each report.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace charrnn {

// path: of metrics.jsonl. Columns are the numbers that reports have, in the order in which they
// first appear; a number that a report lacks, or that is null, is an empty field. Lines that are no
// reports are left out. Throws Error (kIo).
void write_metrics_csv(const std::string& path, const std::function<void(std::string_view)>& write);

}  // namespace charrnn
