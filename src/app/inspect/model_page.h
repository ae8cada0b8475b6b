// How `charrnn show` shows a model: as a page for people, as JSON for programs.
#pragma once

#include <string>
#include <string_view>

#include "app/inspect/model_report.h"
#include "app/terminal/terminal.h"
#include "base/json/json.h"

namespace charrnn {

struct ModelPageOptions {
  bool tensors = false;     // list them, with statistics
  bool vocabulary = false;  // all of it, however long
};

std::string model_page(const ModelReport& report, const ModelPageOptions& options,
                       const Terminal& terminal);
JsonOutput model_json(const ModelReport& report, const ModelPageOptions& options);

constexpr int kPageIndent = 12;  // columns of a row's name

// "network     LSTM": a line of a page.
std::string page_row(std::string_view name, std::string_view value);

}  // namespace charrnn
