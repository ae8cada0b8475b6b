// The units that track something in a text, for people (evaluate/units/unit_report.h).
#pragma once

#include <string>

#include "app/terminal/terminal.h"
#include "evaluate/units/unit_report.h"

namespace charrnn {

// Each feature with its best `limit` units, then the units that tell most. Layers are counted from
// 1, as on the page of charrnn serve, units from 0.
std::string units_page(const UnitReport& report, size_t limit, const Terminal& terminal);

}  // namespace charrnn
