// A run's folder besides its model: progress and history.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/terminal/terminal.h"
#include "base/json/json.h"
#include "train/checkpoint/checkpoint.h"
#include "train/checkpoint/metrics.h"

namespace charrnn {

struct RunReport {
  std::string path;
  bool has_model = false;
  std::optional<Checkpoint> checkpoint;
  std::vector<std::string> notes;  // what can't be read, and why
  std::vector<Report> metrics;     // metrics.jsonl, in its order; of very many some, evenly
  size_t reports = 0;              // how many it has
};

// Nothing if the path is not a folder with any of a run's files. Unreadable files give notes, never
// errors.
std::optional<RunReport> make_run_report(const std::string& path);

// program: as it was called, for commands to paste.
std::string run_page(const RunReport& report, const std::string& program, const Terminal& terminal);
JsonOutput run_json(const RunReport& report);

}  // namespace charrnn
