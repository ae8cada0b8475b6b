// What there is to say of a run's folder besides its model: how far it is, and how it went.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/terminal/terminal.h"
#include "base/json.h"
#include "train/checkpoint/checkpoint.h"
#include "train/checkpoint/metrics.h"

namespace charrnn {

struct RunReport {
  std::string path;
  bool has_model = false;
  std::optional<Checkpoint> checkpoint;
  std::vector<std::string> notes;  // what can't be read, and why
  std::vector<Report> metrics;     // metrics.jsonl, in its order
};

// None where the path is no folder with any of a run's files. Files that can't be read are noted,
// never an error.
std::optional<RunReport> make_run_report(const std::string& path);

std::string run_page(const RunReport& report, const Terminal& terminal);
JsonOutput run_json(const RunReport& report);

}  // namespace charrnn
