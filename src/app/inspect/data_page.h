// How `charrnn data` shows its report: as a page for people, as JSON for programs.
#pragma once

#include <string>

#include "app/inspect/data_report.h"
#include "app/terminal/terminal.h"
#include "base/json/json.h"

namespace charrnn {

// top: how many of the most frequent characters are listed.
std::string data_page(const Corpus& corpus, const DataReport& report, int top,
                      const Terminal& terminal);
JsonOutput data_json(const Corpus& corpus, const DataReport& report);

}  // namespace charrnn
