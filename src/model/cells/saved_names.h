// The names of what a cell saves of each step: gates, and what else backward needs.
#pragma once

#include <string>
#include <vector>

#include "model/cells/cells.h"

namespace charrnn {

inline std::vector<std::string> saved_names(CellKind cell) {
  return with_cell(cell, []<class Cell>() {
    return std::vector<std::string>(std::begin(Cell::saved_names), std::end(Cell::saved_names));
  });
}

}  // namespace charrnn
